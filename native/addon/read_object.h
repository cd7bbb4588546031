#pragma once

#include <napi.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace pose::addon {

// Values that come from JavaScript. TypeScript has validated most of them; whoever calls an addon without it
// gets a TypeError or RangeError that says which value is wrong, and never more than that. A getter may run
// any code, so pointers into buffers are taken last.

[[noreturn]] inline void refuse_type(const Napi::Value& found, const std::string& name,
                                     const std::string& expected) {
  throw Napi::TypeError::New(found.Env(), name + ": expected " + expected);
}

[[noreturn]] inline void refuse_range(const Napi::Value& found, const std::string& name,
                                      const std::string& expected) {
  throw Napi::RangeError::New(found.Env(), name + ": expected " + expected);
}

inline std::string to_text(const Napi::Value& value, const std::string& name) {
  if (!value.IsString()) refuse_type(value, name, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  // Files, names and messages would end there.
  if (text.find('\0') != std::string::npos) refuse_range(value, name, "a string without NUL");
  return text;
}

/** May be NaN or infinite. */
inline double to_double(const Napi::Value& value, const std::string& name) {
  if (!value.IsNumber()) refuse_type(value, name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

/** Finite, in single precision too. */
inline float to_float(const Napi::Value& value, const std::string& name) {
  const double number = to_double(value, name);
  constexpr double kGreatest = std::numeric_limits<float>::max();
  if (!(number >= -kGreatest && number <= kGreatest)) refuse_range(value, name, "a finite number");
  return static_cast<float>(number);
}

inline int64_t to_integer(const Napi::Value& value, const std::string& name, int64_t least,
                          int64_t greatest) {
  const double number = to_double(value, name);
  // Written so that NaN fails.
  if (number >= static_cast<double>(least) && number <= static_cast<double>(greatest)) {
    const auto integer = static_cast<int64_t>(number);
    if (static_cast<double>(integer) == number) return integer;
  }
  refuse_range(value, name,
               "a whole number from " + std::to_string(least) + " to " + std::to_string(greatest));
}

inline Napi::Object to_object(const Napi::Value& value, const std::string& name) {
  if (!value.IsObject()) refuse_type(value, name, "an object");
  return value.As<Napi::Object>();
}

/** An array, and how long it is before any of its getters runs. */
struct GivenArray {
  Napi::Array values;
  uint32_t length;
};

inline GivenArray to_array(const Napi::Value& value, const std::string& name, uint32_t longest) {
  if (!value.IsArray()) refuse_type(value, name, "an array");
  const auto array = value.As<Napi::Array>();
  const uint32_t length = array.Length();
  if (length > longest) {
    refuse_range(value, name, "at most " + std::to_string(longest) + " values");
  }
  return {array, length};
}

inline std::string text(const Napi::Object& from, const char* key) { return to_text(from.Get(key), key); }

inline int integer(const Napi::Object& from, const char* key, int least = std::numeric_limits<int>::min(),
                   int greatest = std::numeric_limits<int>::max()) {
  return static_cast<int>(to_integer(from.Get(key), key, least, greatest));
}

inline float number(const Napi::Object& from, const char* key) { return to_float(from.Get(key), key); }

/** A value of an enumeration by its name. */
template <class Value>
Value choice(const Napi::Object& from, const char* key,
             std::initializer_list<std::pair<const char*, Value>> choices) {
  const Napi::Value given = from.Get(key);
  const std::string name = to_text(given, key);
  std::string names;
  for (const auto& [known, value] : choices) {
    if (name == known) return value;
    names += (names.empty() ? "'" : ", '") + std::string(known) + "'";
  }
  refuse_range(given, key, "one of " + names);
}

inline bool flag(const Napi::Object& from, const char* key) {
  const Napi::Value value = from.Get(key);
  if (!value.IsBoolean()) refuse_type(value, key, "true or false");
  return value.As<Napi::Boolean>().Value();
}

inline Napi::Object object(const Napi::Object& from, const char* key) {
  return to_object(from.Get(key), key);
}

/** One finite value a colour channel. */
inline std::array<float, 3> channels(const Napi::Object& from, const char* key) {
  const Napi::Value value = from.Get(key);
  const GivenArray given = to_array(value, key, 3);
  if (given.length != 3) refuse_range(value, key, "three values");
  std::array<float, 3> result{};
  for (uint32_t i = 0; i < 3; ++i) result[i] = to_float(given.values.Get(i), key);
  return result;
}

inline std::vector<std::string> keys(const Napi::Object& from) {
  const Napi::Array names = from.GetPropertyNames();
  std::vector<std::string> result;
  for (uint32_t i = 0; i < names.Length(); ++i) {
    result.push_back(names.Get(i).As<Napi::String>().Utf8Value());
  }
  return result;
}

}  // namespace pose::addon
