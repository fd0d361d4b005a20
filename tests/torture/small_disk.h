// A folder on a disk of its own that can be full: a small tmpfs.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace realise::torture {

// Not thread-safe.  Unmounts it when it is destroyed.  Mounts take a mount namespace in which this process
// may mount; tools/torture makes one, so that nothing is left behind whatever is killed.
class SmallDisk {
 public:
  // Makes `folder`, empty, on a disk of its own.
  //   UNAVAILABLE  it cannot be mounted.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(const std::string& folder);
  ~SmallDisk();

  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Whether this process may mount.
  [[nodiscard]] static bool CanBeMade();

  // From now on there is no room for one more page.
  [[nodiscard]] absl::Status Fill();
  // There is room again.
  [[nodiscard]] absl::Status Free();

 private:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {}

  void GiveBackRoom() const;
  absl::Status Resize(unsigned long bytes) const;

  const std::string folder_;
};

}  // namespace realise::torture
