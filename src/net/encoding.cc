#include "net/encoding.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cassert>

#include "base/bytes.h"

namespace weir::net {
namespace {

constexpr size_t kStep = size_t{64} << 10;

// What both codings count.
class Bounds {
 public:
  explicit Bounds(size_t bytes_max) : bytes_max_(bytes_max) {}

  void in(size_t bytes) { in_ += bytes; }
  Status out(size_t bytes) {
    out_ += bytes;
    if (out_ > bytes_max_)
      return too_large(fmt::format("the body decodes to more than {} bytes", bytes_max_));
    if (out_ > kDecodedFreeBytes && out_ / kDecodedRatioMax > in_)
      return too_large(fmt::format("the body decodes to more than {} times its size", kDecodedRatioMax));
    return {};
  }

 private:
  const size_t bytes_max_;
  size_t in_ = 0;
  size_t out_ = 0;
};

class Gzip final : public Decoder {
 public:
  explicit Gzip(size_t bytes_max) : bounds_(bytes_max) {
    const int made = inflateInit2(&stream_, 16 + MAX_WBITS);
    assert(made == Z_OK);
    (void)made;
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<std::string> feed(std::string_view bytes) override {
    bounds_.in(bytes.size());
    std::string out;
    std::array<char, kStep> buffer;
    while (!bytes.empty() || more_) {
      const size_t size = std::min(bytes.size(), kStep);
      if (ended_) {  // a further member
        inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = static_cast<uInt>(size);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return bad_input("the body is not gzip", "content-encoding");
      bytes.remove_prefix(size - stream_.avail_in);
      const size_t got = buffer.size() - stream_.avail_out;
      WEIR_TRY(bounds_.out(got));
      out.append(buffer.data(), got);
      ended_ = code == Z_STREAM_END;
      more_ = !ended_ && stream_.avail_out == 0;
      begun_ = true;
      if (code == Z_BUF_ERROR && got == 0 && size == stream_.avail_in && size > 0)
        return bad_input("the body is not gzip", "content-encoding");
    }
    return out;
  }

  Status end() override {
    return begun_ && ended_ ? Status() : bad_input("the gzip body was cut short", "content-encoding");
  }

 private:
  z_stream stream_{};
  Bounds bounds_;
  bool begun_ = false;
  bool ended_ = false;  // at the end of a member
  bool more_ = false;   // there is output that had no room
};

class Zstd final : public Decoder {
 public:
  explicit Zstd(size_t bytes_max) : context_(ZSTD_createDCtx()), bounds_(bytes_max) {
    assert(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  Result<std::string> feed(std::string_view bytes) override {
    bounds_.in(bytes.size());
    std::string out;
    std::array<char, kStep> buffer;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool full = false;
    while (in.pos < in.size || full) {
      ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
      const size_t left = ZSTD_decompressStream(context_, &to, &in);
      if (ZSTD_isError(left) != 0) return bad_input("the body is not zstd", "content-encoding");
      WEIR_TRY(bounds_.out(to.pos));
      out.append(buffer.data(), to.pos);
      full = to.pos == to.size && left != 0;
      whole_ = left == 0;
    }
    return out;
  }

  Status end() override {
    return whole_ ? Status() : bad_input("the zstd body was cut short", "content-encoding");
  }

 private:
  ZSTD_DCtx* const context_;
  Bounds bounds_;
  bool whole_ = false;  // at the end of a frame
};

}  // namespace

Result<std::string> coding_of(const Headers& headers) {
  const auto refuse = [](std::string_view what) {
    return unsupported(fmt::format("the body is encoded as {}", shown(what)), "content-encoding",
                       "gzip, zstd, or as it is");
  };
  std::string coding;
  for (const Header& field : headers) {
    if (!equal_ignore_case(field.name, "content-encoding")) continue;
    if (field.value.empty() || equal_ignore_case(field.value, "identity")) continue;
    if (!coding.empty()) return refuse(coding + ", " + field.value);
    if (equal_ignore_case(field.value, "gzip") || equal_ignore_case(field.value, "x-gzip")) {
      coding = "gzip";
    } else if (equal_ignore_case(field.value, "zstd")) {
      coding = "zstd";
    } else {
      return refuse(field.value);
    }
  }
  return coding;
}

std::unique_ptr<Decoder> make_decoder(std::string_view coding, size_t bytes_max) {
  if (coding == "zstd") return std::make_unique<Zstd>(bytes_max);
  assert(coding == "gzip");
  return std::make_unique<Gzip>(bytes_max);
}

Result<std::string> decode_body(Headers& headers, std::string body, size_t bytes_max) {
  WEIR_TRY_ASSIGN(coding, coding_of(headers));
  headers.remove("content-encoding");
  if (coding.empty()) return body;
  const auto decoder = make_decoder(coding, bytes_max);
  auto out = decoder->feed(body);
  if (out) WEIR_TRY(decoder->end());
  return out;
}

}  // namespace weir::net
