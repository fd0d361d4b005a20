// The part of asyncapi.yaml that follows from the code: types, headers, data, outcomes and reasons, with the
// comments of proto/ as descriptions.
#pragma once

#include <string>
#include <string_view>

namespace realise::testing {

// What stands above this line in asyncapi.yaml is written by hand, the rest by write_asyncapi.
inline constexpr std::string_view kAsyncApiMarker =
    "# From here on written by write_asyncapi from the code; change that, and see libs/inbound/README.md.\n";

// From the marker on.  `root` is the top of the repository; ends the program if its proto/ or its golden
// events cannot be read.
[[nodiscard]] std::string AsyncApiFromCode(const std::string& root);

// All of a file; ends the program if it cannot be read.
[[nodiscard]] std::string ReadText(const std::string& path);

}  // namespace realise::testing
