#include "libs/event_log/rocksdb/durable_mark.h"

#include <memory>
#include <optional>
#include <string_view>

#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/big_endian.h"
#include "libs/event_log/rocksdb/rocksdb_status.h"

namespace realise {
namespace {

//   file := magic generation ledgers records digest
//     magic       8 bytes   "RLSMRK01"
//     generation, ledgers, records
//                 8 bytes each, big endian
//     digest     32 bytes   SHA-256 of everything before it
constexpr std::string_view kMagic = "RLSMRK01";
constexpr size_t kFileBytes = 8 + 3 * 8 + 32;

struct Slot {
  uint64_t generation = 0;
  DurableCount count;
};

std::string Encode(const Slot& slot) {
  std::string bytes(kMagic);
  PutBigEndian(slot.generation, 8, bytes);
  PutBigEndian(slot.count.ledgers, 8, bytes);
  PutBigEndian(slot.count.records, 8, bytes);
  bytes += Sha256(bytes).view();
  return bytes;
}

std::optional<Slot> Decode(std::string_view bytes) {
  if (bytes.size() != kFileBytes || bytes.substr(0, 8) != kMagic) return std::nullopt;
  const size_t digest_at = kFileBytes - Digest::kSize;
  if (Sha256(bytes.substr(0, digest_at)).view() != bytes.substr(digest_at)) return std::nullopt;
  return Slot{BigEndian(bytes.substr(8, 8)),
              {BigEndian(bytes.substr(16, 8)), BigEndian(bytes.substr(24, 8))}};
}

}  // namespace

DurableMark::DurableMark(rocksdb::Env& env, const std::string& directory)
    : env_(env),
      directory_(directory),
      slots_{directory + "/durable-mark.0", directory + "/durable-mark.1"} {}

absl::Status DurableMark::Create() {
  RETURN_IF_ERROR(WriteSlot(1, {}));
  RETURN_IF_ERROR(WriteSlot(0, {}));
  std::unique_ptr<rocksdb::Directory> directory;
  RETURN_IF_ERROR(FromRocksDb(env_.NewDirectory(directory_, &directory), "opening the directory"));
  return FromRocksDb(directory->Fsync(), "syncing the directory");
}

absl::StatusOr<DurableCount> DurableMark::Load() {
  std::optional<Slot> last;
  bool found = false;
  for (const std::string& name : slots_) {
    if (env_.FileExists(name).IsNotFound()) continue;
    std::string bytes;
    RETURN_IF_ERROR(FromRocksDb(rocksdb::ReadFileToString(&env_, name, &bytes), "reading the durable mark"));
    // A power cut while the files were made leaves them empty.
    found = found || !bytes.empty();
    const std::optional<Slot> slot = Decode(bytes);
    if (slot && (!last || slot->generation > last->generation)) last = slot;
  }
  if (!found) return absl::NotFoundError("embedded log: there is no durable mark");
  if (!last) return absl::DataLossError("embedded log: both files of the durable mark are damaged");
  generation_ = last->generation;
  return last->count;
}

absl::Status DurableMark::Store(const DurableCount& count) { return WriteSlot((generation_ + 1) % 2, count); }

absl::Status DurableMark::WriteSlot(size_t slot, const DurableCount& count) {
  std::unique_ptr<rocksdb::WritableFile> file;
  constexpr std::string_view kWhat = "writing the durable mark";
  RETURN_IF_ERROR(FromRocksDb(env_.NewWritableFile(slots_.at(slot), &file, rocksdb::EnvOptions()), kWhat));
  RETURN_IF_ERROR(FromRocksDb(file->Append(Encode({generation_ + 1, count})), kWhat));
  RETURN_IF_ERROR(FromRocksDb(file->Sync(), kWhat));
  RETURN_IF_ERROR(FromRocksDb(file->Close(), kWhat));
  ++generation_;
  return absl::OkStatus();
}

}  // namespace realise
