// The framing of MCP's two transports: lines, and the answers of a streamable HTTP server. The pieces that
// bytes come in change nothing; nothing is kept past the bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/http_reply.h"
#include "net/lines.h"

namespace {

using weir::gateway::mcp::ReplyReader;
using weir::net::LineCutter;

constexpr size_t kLineBytesMax = 24;

// One piece, or pieces whose sizes are the bytes of the text itself.
template <class F>
void in_pieces(std::string_view text, bool whole, F take) {
  while (!text.empty()) {
    const size_t size = whole ? text.size() : 1 + static_cast<uint8_t>(text[0]) % 7;
    take(text.substr(0, size));
    text.remove_prefix(std::min(size, text.size()));
  }
}

std::vector<std::string> cut(std::string_view text, bool whole) {
  LineCutter cutter(kLineBytesMax);
  std::vector<std::string> lines;
  in_pieces(text, whole, [&](std::string_view piece) {
    std::string line;
    for (LineCutter::Cut kind; (kind = cutter.take(piece, line)) != LineCutter::Cut::more;) {
      if (line.size() > kLineBytesMax || line.find('\n') != line.npos) std::abort();
      lines.push_back(line + (kind == LineCutter::Cut::line ? "." : "~"));
    }
    if (!piece.empty() || cutter.pending() > kLineBytesMax + 1) std::abort();
  });
  return lines;
}

std::vector<std::string> read_reply(std::string_view text, bool events, bool whole) {
  ReplyReader reader;
  reader.on_head(200, {{"Content-Type", events ? "text/event-stream" : "application/json"}});
  std::vector<std::string> messages;
  bool broken = false;
  in_pieces(text, whole, [&](std::string_view piece) {
    if (!broken) broken = !reader.on_data(piece, messages).has_value();
  });
  if (!broken) reader.on_end(messages);
  // What stands before the odd bytes may have been taken or not: the stream is not believed any more.
  if (broken) messages.clear();
  if (reader.retry_ms() < -1) std::abort();
  if (!broken) messages.push_back(reader.event_id());
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (cut(text, true) != cut(text, false)) std::abort();
  for (const bool events : {false, true})
    if (read_reply(text, events, true) != read_reply(text, events, false)) std::abort();
  weir::gateway::mcp::answers(std::string(text), "1");
  return 0;
}
