#include "gateway/page/html.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weir::gateway::page {
namespace {

using approval::Answer;
using approval::Card;
using approval::CardArgument;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1c2024;--dim:#60646c;--line:#d9d9e0;--paper:#fff;--good:#18794e;--bad:#c62a2f;
--good-paper:#e9f9ee;--bad-paper:#ffefef;--why:#fff8dd}
@media(prefers-color-scheme:dark){:root{--text:#edeef0;--dim:#b0b4ba;--line:#363a3f;--paper:#18191b;--good:#3dd68c;
--bad:#ff9592;--good-paper:#132d21;--bad-paper:#3b1219;--why:#302008}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:15px/1.45 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1.2rem}
h1{font-size:1.25rem;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0}
.dim{color:var(--dim);font-size:.85rem;overflow-wrap:anywhere}
.why{background:var(--why);border-radius:6px;padding:.5rem .7rem;overflow-wrap:anywhere}
ul{list-style:none;margin:.8rem 0;padding:0;max-height:46vh;overflow:auto}
li{border-left:4px solid var(--bad);background:var(--bad-paper);border-radius:4px;padding:.35rem .6rem;margin:.3rem 0}
li.trusted{border-color:var(--good);background:var(--good-paper)}
li b{color:var(--bad)}
li.trusted b{color:var(--good)}
pre{margin:.1rem 0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;direction:ltr;
font:14px/1.4 ui-monospace,monospace;max-height:9rem;overflow:auto}
form{display:grid;grid-template-columns:8rem 1fr;gap:.35rem .7rem;align-items:center;margin-top:.8rem}
button{font:inherit;font-weight:600;padding:.45rem;border:1px solid var(--line);border-radius:6px;
background:transparent;color:inherit;cursor:pointer}
button.deny{border-color:var(--bad);color:var(--bad)}
button:hover,button:focus{background:var(--line)}
)";

std::string document(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>"
      "<style>{}</style></head>\n<body><main>\n{}</main></body></html>\n",
      escaped(title), kStyle, body);
}

void put_argument(std::string& out, const CardArgument& argument) {
  out += fmt::format(
      "<li class=\"{}\"><span class=\"dim\">{} &middot; {}</span><pre>{}</pre>"
      "<span class=\"dim\"><b>{}</b> from {}; readers: {}{}</span></li>\n",
      argument.trusted ? "trusted" : "untrusted",
      escaped(argument.pointer.empty() ? "(text)" : argument.pointer), escaped(argument.role),
      escaped(argument.value), argument.trusted ? "trusted" : "UNTRUSTED", escaped(argument.origins),
      escaped(argument.readers.empty() ? "nobody" : argument.readers),
      argument.cut ? fmt::format("; cut, it has {} bytes", argument.bytes) : "");
}

// "2026-11-28T14:22:13Z" → "14:22:13 UTC on 2026-11-28".
std::string for_people(std::string_view time) {
  const size_t t = time.find('T');
  if (t == std::string_view::npos || !time.ends_with('Z')) return std::string(time);
  return fmt::format("{} UTC on {}", time.substr(t + 1, time.size() - t - 2), time.substr(0, t));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string ask_page(const Card& card) {
  std::string body = fmt::format(
      "<p class=\"dim\">weir asks: may this call go?</p>\n<h1>{}</h1>\n<p class=\"dim\">{}: session {}, "
      "ledger "
      "entry {}{}. Denied at {} if nobody answers.</p>\n",
      escaped(card.tool), escaped(card.id), escaped(card.session), card.decision,
      card.waiting > 1 ? fmt::format("; {} calls wait with this question", card.waiting) : "",
      escaped(for_people(card.denied_at)));
  body += fmt::format("<p class=\"why\">{}</p>\n<ul>\n", escaped(card.why));
  for (const CardArgument& argument : card.arguments) put_argument(body, argument);
  if (card.more_arguments > 0)
    body +=
        fmt::format("<li><b>and {} further arguments</b>: weir approvals --json</li>\n", card.more_arguments);
  if (card.arguments.empty()) body += "<li class=\"trusted\">no arguments</li>\n";
  body += fmt::format(
      "</ul>\n<form method=\"post\" autocomplete=\"off\">\n<input type=\"hidden\" name=\"id\" "
      "value=\"{}\">\n",
      escaped(card.id));
  for (const Answer answer : {Answer::once, Answer::session, Answer::always, Answer::deny}) {
    const std::string_view name = approval::answer_name(answer);
    body += fmt::format(
        "<button class=\"{0}\" name=\"answer\" value=\"{0}\">{0}</button><span class=\"dim\">{1}</span>\n",
        name, escaped(card.next[static_cast<size_t>(answer)]));
  }
  body += fmt::format("</form>\n<p class=\"dim\">Pattern: {}</p>\n", escaped(card.pattern));
  return document("weir asks: " + card.tool, body);
}

std::string note_page(std::string_view heading, std::string_view sentence) {
  return document("weir", fmt::format("<h1>{}</h1>\n<p>{}</p>\n", escaped(heading), escaped(sentence)));
}

std::string content_security_policy() {
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors "
      "'none'",
      to_base64(as_bytes(sha256(kStyle))));
}

}  // namespace weir::gateway::page
