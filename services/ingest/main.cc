// realise-ingest: takes events in, decides, appends.
#include <cstdio>

#include "libs/serving/program.h"

int main(int argc, char** argv) {
  return realise::RunProgram(
      realise::kIngestRole,
      "Realise's ingest: takes events in, decides them, and appends them to ledgers in Kafka.", argc, argv,
      {stdout, stderr});
}
