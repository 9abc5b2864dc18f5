// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.hpp"

#include <gio/gio.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "tests/support/media_factory.hpp"

namespace kms::test {

std::string make_certificate() {
  const auto path = media_folder() + "/localhost.pem";
  const auto command =
      "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext "
      "subjectAltName=DNS:localhost -keyout " +
      path + " -out " + path + ".crt 2>&1";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("no certificate");
  std::ofstream(path, std::ios::app) << std::ifstream(path + ".crt").rdbuf();
  const std::unique_ptr<GTlsDatabase, decltype(&g_object_unref)> trusted(
      g_tls_file_database_new((path + ".crt").c_str(), nullptr), g_object_unref);
  g_tls_backend_set_default_database(g_tls_backend_get_default(), trusted.get());
  return path;
}

}  // namespace kms::test
