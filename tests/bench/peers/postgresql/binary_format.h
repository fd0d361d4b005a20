// PostgreSQL's binary form of values, for parameters, COPY and results: big endian, and arrays with a header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace realise::peers {

void PutInt16(std::string& to, int16_t value);
void PutInt32(std::string& to, int32_t value);
void PutInt64(std::string& to, int64_t value);
// REQUIRES: at least as many bytes as the number has.
[[nodiscard]] int16_t GetInt16(const char* bytes);
[[nodiscard]] int32_t GetInt32(const char* bytes);
[[nodiscard]] int64_t GetInt64(const char* bytes);

// Fields of a COPY row, or elements of an array: each behind its length.
void PutField16(std::string& to, int16_t value);
void PutField32(std::string& to, int32_t value);
void PutField64(std::string& to, int64_t value);
void PutFieldText(std::string& to, std::string_view value);

// One-dimensional arrays without nulls.
[[nodiscard]] std::string TextArray(const std::vector<std::string_view>& values);
[[nodiscard]] std::string Int16Array(const std::vector<int16_t>& values);
[[nodiscard]] std::string Int64Array(const int64_t* values, size_t count);
[[nodiscard]] std::string Int64Array(const std::vector<int64_t>& values);

// The elements of an int8[] without nulls; empty if it is not one.
[[nodiscard]] std::vector<int64_t> ParseInt64Array(std::string_view bytes);

// What COPY data begin and end with.
[[nodiscard]] std::string_view CopyHeader();
[[nodiscard]] std::string_view CopyTrailer();

}  // namespace realise::peers
