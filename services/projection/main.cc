// realise-projection: folds ledgers and answers with figures.
#include <cstdio>

#include "libs/serving/program.h"

int main(int argc, char** argv) {
  return realise::RunProgram(realise::kProjectionRole,
                             "Realise's projection: folds the ledgers in Kafka and answers with figures.  "
                             "Any number may run; each rebuilds itself from the log.",
                             argc, argv, {stdout, stderr});
}
