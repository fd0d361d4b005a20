#include "tests/bench/peers/postgresql/binary_format.h"

#include <endian.h>

#include <cstring>

namespace realise::peers {
namespace {

using namespace std::string_view_literals;

constexpr int32_t kInt2Oid = 21;
constexpr int32_t kInt8Oid = 20;
constexpr int32_t kTextOid = 25;
constexpr size_t kArrayHeaderBytes = 20;
constexpr size_t kInt64FieldBytes = 12;

template <typename T>
void PutRaw(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T GetRaw(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::string ArrayHeader(int32_t element_oid, size_t count) {
  std::string array;
  PutInt32(array, count == 0 ? 0 : 1);  // dimensions
  PutInt32(array, 0);                   // no nulls
  PutInt32(array, element_oid);
  if (count == 0) return array;
  PutInt32(array, static_cast<int32_t>(count));
  PutInt32(array, 1);  // the first index
  return array;
}

}  // namespace

void PutInt16(std::string& to, int16_t value) { PutRaw(to, htobe16(static_cast<uint16_t>(value))); }
void PutInt32(std::string& to, int32_t value) { PutRaw(to, htobe32(static_cast<uint32_t>(value))); }
void PutInt64(std::string& to, int64_t value) { PutRaw(to, htobe64(static_cast<uint64_t>(value))); }

int16_t GetInt16(const char* bytes) { return static_cast<int16_t>(be16toh(GetRaw<uint16_t>(bytes))); }
int32_t GetInt32(const char* bytes) { return static_cast<int32_t>(be32toh(GetRaw<uint32_t>(bytes))); }
int64_t GetInt64(const char* bytes) { return static_cast<int64_t>(be64toh(GetRaw<uint64_t>(bytes))); }

void PutField16(std::string& to, int16_t value) {
  PutInt32(to, sizeof value);
  PutInt16(to, value);
}

void PutField32(std::string& to, int32_t value) {
  PutInt32(to, sizeof value);
  PutInt32(to, value);
}

void PutField64(std::string& to, int64_t value) {
  PutInt32(to, sizeof value);
  PutInt64(to, value);
}

void PutFieldText(std::string& to, std::string_view value) {
  PutInt32(to, static_cast<int32_t>(value.size()));
  to += value;
}

std::string TextArray(const std::vector<std::string_view>& values) {
  std::string array = ArrayHeader(kTextOid, values.size());
  for (const std::string_view value : values) PutFieldText(array, value);
  return array;
}

std::string Int16Array(const std::vector<int16_t>& values) {
  std::string array = ArrayHeader(kInt2Oid, values.size());
  for (const int16_t value : values) PutField16(array, value);
  return array;
}

std::string Int64Array(const int64_t* values, size_t count) {
  std::string array = ArrayHeader(kInt8Oid, count);
  for (size_t i = 0; i < count; ++i) PutField64(array, values[i]);
  return array;
}

std::string Int64Array(const std::vector<int64_t>& values) {
  return Int64Array(values.data(), values.size());
}

std::vector<int64_t> ParseInt64Array(std::string_view bytes) {
  if (bytes.size() < kArrayHeaderBytes || GetInt32(bytes.data()) != 1) return {};
  const auto count = static_cast<size_t>(GetInt32(bytes.data() + 12));
  if (bytes.size() != kArrayHeaderBytes + count * kInt64FieldBytes) return {};
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i) {
    values[i] = GetInt64(bytes.data() + kArrayHeaderBytes + i * kInt64FieldBytes + sizeof(int32_t));
  }
  return values;
}

std::string_view CopyHeader() { return "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv; }
std::string_view CopyTrailer() { return "\377\377"sv; }

}  // namespace realise::peers
