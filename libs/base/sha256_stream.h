// SHA-256 of bytes that come piece by piece.
#pragma once

#include <memory>
#include <string_view>

#include "libs/base/ids.h"

struct evp_md_ctx_st;

namespace realise {

// Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();

  void Add(std::string_view bytes);
  // Adds the length before the bytes, so that no two lists of fields look alike.
  void AddField(std::string_view bytes);
  // REQUIRES: nothing is added or finished afterwards.
  [[nodiscard]] Digest Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  const std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace realise
