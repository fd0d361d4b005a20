// SHA-256 (FIPS 180-4), from OpenSSL.
#pragma once

#include <string_view>

#include "libs/base/ids.h"

namespace realise {

[[nodiscard]] Digest Sha256(std::string_view bytes);

}  // namespace realise
