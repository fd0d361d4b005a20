// realise-audit: reads the log itself, never the views.
#include <cstdio>

#include "libs/serving/program.h"

int main(int argc, char** argv) {
  return realise::RunProgram(
      realise::kAuditRole,
      "Realise's audit: history, raw commits and receipts, straight from the log in Kafka, never from the "
      "views.",
      argc, argv, {stdout, stderr});
}
