// realise ledger copy: a ledger, commit by commit, between logs and backup files: same positions, same
// digests.
#pragma once

#include "services/realise/commands.h"

namespace realise {

void AddLedgerCopy(CLI::App& ledger, Globals& globals);

}  // namespace realise
