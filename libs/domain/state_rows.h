// Rows of the ledger's state for a store.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace realise {

// key = one letter for the kind, and the id; value = one byte for the form of rows, and the bytes of the
// claim, or the message, serialised deterministically.  An empty value means that there is no such row (any
// more): the store deletes it.
using StateRows = std::vector<std::pair<std::string, std::string>>;

// Puts rows in the order of their keys, each once.   REQUIRES: what comes twice is the same.
void SortStateRows(StateRows& rows);

}  // namespace realise
