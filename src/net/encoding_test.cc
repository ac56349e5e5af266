#include "net/encoding.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace weir::net {
namespace {

constexpr size_t kMax = size_t{32} << 20;

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text, int window = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (window != 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ZSTD_inBuffer in{text.data(), text.size() / 2, 0};
  // Told in two steps, it does not know that a small window would do.
  while (window != 0 && in.pos < in.size) ZSTD_compressStream2(context, &to, &in, ZSTD_e_continue);
  in.size = text.size();
  while (ZSTD_compressStream2(context, &to, &in, ZSTD_e_end) != 0) {
  }
  out.resize(to.pos);
  ZSTD_freeCCtx(context);
  return out;
}

// Text that hardly compresses, the same each time.
std::string noise(size_t size) {
  std::string out;
  uint64_t state = 88172645463325252U;
  while (out.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    out += static_cast<char>(state);
  }
  return out;
}

std::string encoded(const std::string& coding, const std::string& text) {
  return coding == "gzip" ? gzip(text) : zstd(text);
}

Result<std::string> decode(const std::string& coding, const std::string& bytes, size_t max = kMax) {
  Headers headers{{"content-encoding", coding}};
  return decode_body(headers, bytes, max);
}

TEST(Encoding, WhatGoesInComesOut) {
  for (const std::string coding : {"gzip", "zstd"}) {
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string(300'000, 'x'), noise(300'000)}) {
      const std::string bytes = encoded(coding, text);
      const auto out = decode(coding, bytes);
      ASSERT_TRUE(out.has_value()) << coding << text.size() << out.error().text();
      EXPECT_EQ(*out, text);
      // In pieces, and several one behind the other.
      const auto decoder = make_decoder(coding, kMax);
      std::string all;
      const std::string twice = bytes + bytes;
      for (size_t at = 0; at < twice.size(); at += 1 + at % 977) {
        const auto piece = decoder->feed(std::string_view(twice).substr(at, 1 + at % 977));
        ASSERT_TRUE(piece.has_value()) << coding;
        all += *piece;
      }
      EXPECT_TRUE(decoder->end().has_value()) << coding;
      EXPECT_EQ(all, text + text) << coding;
    }
  }
}

TEST(Encoding, CutShortOrWithSomethingBehindIsRefused) {
  for (const std::string coding : {"gzip", "zstd"}) {
    const std::string bytes = encoded(coding, "hello hello hello");
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode(coding, bytes.substr(0, size)).has_value()) << coding << size;
    EXPECT_FALSE(decode(coding, bytes + "garbage").has_value()) << coding;
    EXPECT_FALSE(decode(coding, "not encoded at all").has_value()) << coding;
    std::string flipped = bytes;
    flipped[bytes.size() / 2] = static_cast<char>(~flipped[bytes.size() / 2]);
    const auto out = decode(coding, flipped);
    if (coding == "gzip") {
      EXPECT_FALSE(out.has_value());
    }
  }
}

TEST(Encoding, BombsAreStopped) {
  for (const std::string coding : {"gzip", "zstd"}) {
    const std::string bomb = encoded(coding, std::string(kDecodedFreeBytes * 8, '\0'));
    const auto out = decode(coding, bomb);
    ASSERT_FALSE(out.has_value()) << coding;
    EXPECT_EQ(out.error().code, Code::too_large) << coding;
    // What every body may have, whatever its ratio.
    EXPECT_TRUE(decode(coding, encoded(coding, std::string(kDecodedFreeBytes, '\0'))).has_value()) << coding;
    // At the limit and one past it.
    const std::string text = noise(100'000);
    EXPECT_TRUE(decode(coding, encoded(coding, text), text.size()).has_value()) << coding;
    EXPECT_FALSE(decode(coding, encoded(coding, text), text.size() - 1).has_value()) << coding;
  }
  EXPECT_TRUE(decode("zstd", zstd(noise(1'000), kZstdWindowLogMax)).has_value());
  EXPECT_FALSE(decode("zstd", zstd(noise(1'000), kZstdWindowLogMax + 1)).has_value());
}

TEST(Encoding, CodingsThatWeirDoesNotReadAreNamed) {
  for (const std::string coding : {"br", "deflate", "compress", "gzip, zstd", "gzip, gzip", "aes128gcm"}) {
    const auto out = decode(coding, "x");
    ASSERT_FALSE(out.has_value()) << coding;
    EXPECT_EQ(out.error().code, Code::unsupported);
    EXPECT_NE(out.error().message.find(coding), std::string::npos) << out.error().text();
  }
  EXPECT_FALSE(coding_of({{"content-encoding", "gzip"}, {"Content-Encoding", "zstd"}}).has_value());
  EXPECT_EQ(*coding_of({{"content-encoding", "identity"}}), "");
  EXPECT_EQ(*coding_of({{"Content-Encoding", "X-GZip"}}), "gzip");
  EXPECT_EQ(*coding_of({}), "");
}

}  // namespace
}  // namespace weir::net
