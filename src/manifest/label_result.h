// Labels for what a tool returned, record by record.
//
// Guarantee: the union of the labels covers every text of the result, and no label comes from the result's
// own text unless the manifest says that the server itself checked it (`authenticated`); a result that does
// not look as the manifest says gets the tool's plain label, for the owner only, as a whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "exchange/exchange.h"
#include "label/label.h"
#include "manifest/tool_facts.h"
#include "manifest/trust.h"

namespace weir::manifest {

// One labelled piece of a result. The pieces overlap (a record's raw JSON and its decoded leaves): whoever
// looks for copies indexes all of them, whoever wants values takes the leaves.
struct LabelledText {
  enum class Form : uint8_t {
    raw,   // as the model sees it: a whole text, or the JSON of one record
    leaf,  // a decoded string, or a number, true, false or null as written
    key,   // a member's name; each once for a label
  };
  std::string text;
  Form form = Form::raw;
  size_t text_index = 0;     // which of exchange::Result::texts
  std::string pointer = {};  // JSON pointer into that text: of the record, leaf or member; empty: all of it
  LabelId label = kNoLabel;
  bool outside = false;  // written by strangers: nothing of the owner's is in it
  bool in_raw = false;   // stands between quotes in the raw piece of its label, letter for letter
};

// At least one piece, also for a result without text. `server_tool` ("files/read") names the origin. The
// call's arguments may be missing. One text that is a JSON array or object is cut where the manifest has
// pointers into it; more than limits::kResultLeavesMax leaves are labelled as a whole. Text is copied;
// nothing points into the arguments afterwards. `alike` (seal mode): what strangers outside wrote has the
// readers that the manifest gives it also when it is an error or not of the manifest's shape, so that the
// planner cannot learn from decisions which it was.
std::vector<LabelledText> label_result(const ToolFacts& facts, std::string_view server_tool,
                                       json::Value call_args, const exchange::Result& result,
                                       const TrustRules& trust, Labels& labels, bool alike = false);

// The readers whom the value of a recipient argument names, for comparing with a label's: "Bob <bob@X.org>"
// and "bob@x.org" give "mailto:bob@x.org", a URL "https://host", anything else the literal after the server's
// name
// ("bank:UK12…"); lists give several. Every leaf counts; a value that names nobody (empty, null) gives
// nobody.
Readers recipient_readers(std::string_view server, json::Value value);
Readers recipient_readers(std::string_view server, std::string_view value);

}  // namespace weir::manifest
