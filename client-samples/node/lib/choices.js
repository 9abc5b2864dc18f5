// SPDX-License-Identifier: Apache-2.0
// What a caller may choose, by name: a misspelled one is refused, with the name that was meant and all names.
import { invalid } from './errors.js';

// `given` is an object with some of `names`; `what` takes it.
export function checkChoices(what, given, names) {
  if (typeof given !== 'object' || given === null) {
    throw invalid('INVALID_OPTIONS', `${what} takes its choices in an object (${names.join(', ')}), not as ${JSON.stringify(given)}`);
  }
  const wrong = Object.keys(given).find((key) => !names.includes(key));
  if (wrong !== undefined) throw refuseName(`${what} has no choice`, wrong, names);
}

// An id that is given under the name `id`, whatever the field is called.
export function checkId(id) {
  if (id !== undefined && typeof id !== 'string') {
    throw invalid('INVALID_OPTIONS', `id must be a string, not ${JSON.stringify(id)}`, { field: 'id' });
  }
}

// `path`: where the name is, when it is inside of something.
export function refuseName(what, name, names, path = name) {
  return invalid('INVALID_OPTIONS', `${what} "${name}"${hint(name, names)} `
    + `(${names.length ? `it has: ${names.join(', ')}` : 'it has none'})`, { field: path });
}

// What of `names` was meant by a name that is none of them; empty when nothing is near.
export function hint(name, names) {
  const meant = nearest(String(name), names);
  return meant ? `; did you mean "${meant}"?` : '';
}

// Another spelling of the same words, else a beginning, else at most every third letter is wrong.
function nearest(name, names) {
  const plain = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const key = plain(name);
  const ranked = names.map((each) => ({ each, wrong: distance(key, plain(each)) })).sort((a, b) => a.wrong - b.wrong);
  if (ranked.length && ranked[0].wrong <= Math.max(1, Math.floor(key.length / 3))) return ranked[0].each;
  return key && names.find((each) => plain(each).startsWith(key));
}

// Letters to add, drop or change until `a` is `b`.
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
