#include "libs/base/sha256_stream.h"

#include <openssl/evp.h>

#include <cstdint>
#include <cstdlib>

namespace realise {
namespace {

// OpenSSL's digests fail only for want of memory.
void MustWork(int result) {
  if (result != 1) std::abort();
}

}  // namespace

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  MustWork(context_ == nullptr ? 0 : EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(std::string_view bytes) {
  MustWork(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

void Sha256Stream::AddField(std::string_view bytes) {
  unsigned char length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<unsigned char>(uint64_t{bytes.size()} >> (56 - 8 * i));
  MustWork(EVP_DigestUpdate(context_.get(), length, sizeof(length)));
  Add(bytes);
}

Digest Sha256Stream::Finish() {
  Digest digest;
  MustWork(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr));
  return digest;
}

}  // namespace realise
