#pragma once

#include <napi.h>

#include <array>
#include <string>
#include <vector>

namespace pose::addon {

// Values of objects whose types TypeScript has validated.

inline std::string text(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::String>().Utf8Value();
}

inline int integer(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Number>().Int32Value();
}

inline float number(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Number>().FloatValue();
}

inline bool flag(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Boolean>().Value();
}

inline Napi::Object object(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Object>();
}

/** One value a colour channel. */
inline std::array<float, 3> channels(const Napi::Object& from, const char* key) {
  const auto values = from.Get(key).As<Napi::Array>();
  std::array<float, 3> result{};
  for (uint32_t i = 0; i < 3; ++i) result[i] = values.Get(i).As<Napi::Number>().FloatValue();
  return result;
}

inline std::vector<std::string> texts(const Napi::Object& from, const char* key) {
  const auto values = from.Get(key).As<Napi::Array>();
  std::vector<std::string> result;
  for (uint32_t i = 0; i < values.Length(); ++i) {
    result.push_back(values.Get(i).As<Napi::String>().Utf8Value());
  }
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
