// Random texts under random labels and questions about them: spans lie inside of what was asked, in order and
// apart; only trusted texts vouch.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "label/label.h"
#include "trace/index.h"
#include "trace/vouchers.h"

namespace {

using namespace weir;
using namespace weir::trace;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_spans(const std::vector<Span>& spans, std::string_view value) {
  size_t at = 0;
  for (const Span& span : spans) {
    require(span.begin >= at && span.begin < span.end && span.end <= value.size());
    require(span.label != kNoLabel);
    at = span.end;
  }
}

}  // namespace

// Lines; the first character of each says what to do with the rest.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Labels labels;
  const LabelId known[] = {
      labels.intern(Label::of(Origin::user(), Readers::everyone())),
      labels.intern(Label::of(Origin::tool("a/b", "", false), Readers::owner())),
      labels.intern(Label::of(Origin::tool("c/d", "", false), Readers::owner())),
  };
  Index index(labels, Key{1}, {size_t{1} << 16});
  Vouchers vouchers;
  bool trusted_added = false;
  while (!input.empty()) {
    const size_t end = std::min(input.find('\0'), input.size());
    std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) continue;
    const char what = line[0];
    line.remove_prefix(1);
    if (what >= '0' && what <= '2') {
      const LabelId label = known[what - '0'];
      index.add(line, label);
      trusted_added |= labels.trusted(label);
      if (labels.trusted(label)) vouchers.add(line, label);
      if (!trusted_added) {
        for (const Span& span : index.taint(line).spans) require(!labels.trusted(span.label));
      }
      continue;
    }
    check_spans(index.taint(line).spans, line);
    check_spans(index.copies(line), line);
    (void)index.first_seen_untrusted(line);
    const LabelId label = vouchers.vouch(line, form_for(line));
    require(label == kNoLabel || labels.trusted(label));
  }
  return 0;
}
