// SPDX-License-Identifier: Apache-2.0
#include "kms-core/web/checked_address.hpp"

#include <fmt/format.h>

#include <utility>

namespace kms::web {
namespace {

// A GNetworkAddress, so that TLS knows the name, which enumerates a fixed list instead of asking a resolver.
struct Destination {
  GNetworkAddress parent;
  GList* addresses;  // of GSocketAddress; owned
};
struct DestinationClass {
  GNetworkAddressClass parent;
};
struct Walk {
  GSocketAddressEnumerator parent;
  GList* rest;  // owned
};
struct WalkClass {
  GSocketAddressEnumeratorClass parent;
};

void drop(GList*& list) { g_list_free_full(std::exchange(list, nullptr), g_object_unref); }

GSocketAddress* next_address(GSocketAddressEnumerator* enumerator, GCancellable*, GError**) {
  auto* walk = reinterpret_cast<Walk*>(enumerator);
  if (walk->rest == nullptr) return nullptr;
  auto* address = G_SOCKET_ADDRESS(walk->rest->data);
  walk->rest = g_list_delete_link(walk->rest, walk->rest);
  return address;
}

void walk_class_init(gpointer klass, gpointer) {
  G_SOCKET_ADDRESS_ENUMERATOR_CLASS(klass)->next = next_address;
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    drop(reinterpret_cast<Walk*>(object)->rest);
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_SOCKET_ADDRESS_ENUMERATOR))->finalize(object);
  };
}

GType walk_type() {
  static const GType type =
      g_type_register_static_simple(G_TYPE_SOCKET_ADDRESS_ENUMERATOR, "KmsCheckedWalk", sizeof(WalkClass),
                                    walk_class_init, sizeof(Walk), nullptr, GTypeFlags{});
  return type;
}

GSocketAddressEnumerator* enumerate(GSocketConnectable* connectable) {
  auto* walk = static_cast<Walk*>(g_object_new(walk_type(), nullptr));
  const auto share = [](gconstpointer address, gpointer) {
    return g_object_ref(const_cast<gpointer>(address));
  };
  walk->rest = g_list_copy_deep(reinterpret_cast<Destination*>(connectable)->addresses, share, nullptr);
  return &walk->parent;
}

void destination_class_init(gpointer klass, gpointer) {
  G_OBJECT_CLASS(klass)->finalize = [](GObject* object) {
    drop(reinterpret_cast<Destination*>(object)->addresses);
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_NETWORK_ADDRESS))->finalize(object);
  };
}

GType destination_type() {
  static const GType type = [] {
    const auto made = g_type_register_static_simple(G_TYPE_NETWORK_ADDRESS, "KmsCheckedDestination",
                                                    sizeof(DestinationClass), destination_class_init,
                                                    sizeof(Destination), nullptr, GTypeFlags{});
    static const GInterfaceInfo connectable{[](gpointer interface, gpointer) {
                                              auto* table = static_cast<GSocketConnectableIface*>(interface);
                                              table->enumerate = enumerate;
                                              table->proxy_enumerate = enumerate;
                                            },
                                            nullptr, nullptr};
    g_type_add_interface_static(made, G_TYPE_SOCKET_CONNECTABLE, &connectable);
    return made;
  }();
  return type;
}

}  // namespace

Result<std::vector<Object<GInetAddress>>> checked_addresses(const std::string& host,
                                                            const AddressPolicy& policy,
                                                            GCancellable* cancellable) {
  const Object<GResolver> resolver(g_resolver_get_default());
  GError* problem = nullptr;
  GList* found = g_resolver_lookup_by_name(resolver.get(), host.c_str(), cancellable, &problem);
  const Failure failure(problem);
  std::vector<Object<GInetAddress>> addresses;
  for (auto* entry = found; entry != nullptr; entry = entry->next)
    addresses.emplace_back(G_INET_ADDRESS(entry->data));
  g_list_free(found);
  if (addresses.empty()) {
    return error(StatusCode::kFailedPrecondition, "UNREADABLE",
                 fmt::format("host {} is not known: {}", host, failure ? failure->message : "no address"));
  }
  for (const auto& address : addresses) {
    const std::unique_ptr<char, decltype(&g_free)> text(g_inet_address_to_string(address.get()), g_free);
    if (policy.allows(text.get())) continue;
    return error(
        StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
        fmt::format("host {} has an address that is neither public nor in the server's network.allow", host));
  }
  return addresses;
}

Object<GSocketConnectable> named_destination(const std::string& host, uint16_t port,
                                             const std::vector<Object<GInetAddress>>& addresses) {
  auto* made = g_object_new(destination_type(), "hostname", host.c_str(), "port", guint{port}, nullptr);
  auto* destination = static_cast<Destination*>(made);
  for (const auto& address : addresses) {
    destination->addresses =
        g_list_append(destination->addresses, g_inet_socket_address_new(address.get(), port));
  }
  return Object<GSocketConnectable>(G_SOCKET_CONNECTABLE(made));
}

}  // namespace kms::web
