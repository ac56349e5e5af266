// How each dialect's parser of requests is run: it fills the request, and names what write() leaves out.
#pragma once

#include <utility>

#include "wire/dialect.h"
#include "wire/splice.h"

namespace weir::wire {

// Parser: made of (ParsedRequest&, const Options&), with `Status parse(Splices& cuts)`.
template <class Parser>
Result<ParsedRequest> parse_with(json::Document document, const Options& options) {
  ParsedRequest out;
  out.document = std::move(document);
  Splices cuts;
  WEIR_TRY(Parser(out, options).parse(cuts));
  out.cuts = cuts.ranges();
  return out;
}

}  // namespace weir::wire
