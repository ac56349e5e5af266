// Requests written again with other text in single parts and with further tools.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "wire/dialect.h"

namespace weir::wire {
namespace {

using exchange::Dialect;
using Kind = Edit::Kind;

constexpr Dialect kChat = Dialect::chat_completions;
constexpr Dialect kMessages = Dialect::messages;

std::string request(const std::string& messages, const std::string& more = "") {
  return R"({"model":"m", "max_tokens":1,"messages":[ )" + messages + " ]" + more + "}";
}

struct Row {
  std::string message;
  std::vector<PartEdit> parts;
  std::string expected;
};

void check(Dialect dialect, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const auto parsed = parse_request(dialect, request(row.message), {});
    ASSERT_TRUE(parsed.has_value()) << row.message << parsed.error().text();
    EXPECT_EQ(parsed->write({.parts = row.parts}), request(row.expected)) << row.message;
  }
}

TEST(RequestWrite, EveryPartOfChatCompletions) {
  const std::string calls =
      R"({"role":"assistant", "content": "a","reasoning":"r","refusal":"f","tool_calls":[)"
      R"({"id":"1","type":"function","function":{"arguments":"{}","name":"n"},"extra_content":{"s":"c2ln"}},)"
      R"({"id":"2","type":"custom","custom":{"name":"n","input":"x"}}]})";
  const std::string edited_calls =
      R"({"role":"assistant", "content": "a","reasoning":"r","refusal":"F","tool_calls":[)"
      R"({"id":"1","type":"function","function":{"arguments":"{\"q\":1}","name":"n"},"extra_content":{"s":"c2ln"}},)"
      R"({"id":"2","type":"custom","custom":{"name":"n","input":"\"y\""}}]})";
  check(
      kChat,
      {{R"({"role":"user","name":"n", "content" :"u"})",
        {{0, 0, "\"x\"\n"}},
        R"({"role":"user","name":"n", "content" :"\"x\"\n"})"},
       {R"({"content":[{"type":"text","text":"a"}, {"prompt_cache_breakpoint":{"mode":"explicit"},"type":"text","text":"b"}],"role":"user"})",
        {{0, 1, "B"}},
        R"({"content":[{"type":"text","text":"a"}, {"prompt_cache_breakpoint":{"mode":"explicit"},"type":"text","text":"B"}],"role":"user"})"},
       {R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e"}},{"type":"text","text":"b"}]})",
        {{0, 0, "A"}},
        R"({"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"b"}]})"},
       {R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]})",
        {{0, 0, "N"}},
        R"({"role":"assistant","content":[{"type":"refusal","refusal":"N"}]})"},
       // reasoning, content, refusal, two calls
       {calls, {{0, 0, "R"}, {0, 2, "F"}, {0, 3, R"({"q":1})"}, {0, 4, "\"y\""}}, edited_calls},
       {R"({"role":"assistant","function_call":{"name":"f","arguments":""}})",
        {{0, 0, "{}"}},
        R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}})"},
       {R"({"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":"u"}]})",
        {{0, 0, "R"}},
        R"({"role":"tool","tool_call_id":"1","content":"R"})"},
       {R"({"role":"tool","tool_call_id":"1","content":"r" })",
        {{0, 0, "R"}},
        R"({"role":"tool","tool_call_id":"1","content":"R" })"},
       {R"({"role":"tool","tool_call_id":"1"})",
        {{0, 0, "R"}},
        R"({"role":"tool","tool_call_id":"1","content":"R"})"},
       {R"({"role":"function","name":"f","content":null})",
        {{0, 0, "R"}},
        R"({"role":"function","name":"f","content":"R"})"},
       {R"({"role":"assistant","content":null,"audio":{"id":"a"}})",
        {{0, 0, "A"}},
        R"({"role":"assistant","content":[{"type":"text","text":"A"}],"audio":null})"},
       {R"({"role":"assistant","content":"c","audio":{"id":"a"}})",
        {{0, 0, "C"}, {0, 1, "A"}},
        R"({"role":"assistant","content":[{"type":"text","text":"C"},{"type":"text","text":"A"}],"audio":null})"},
       // What is not there changes nothing; of two for one part the last holds.
       {R"({"role":"user","content":"u"})",
        {{0, 1, "X"}, {1, 0, "X"}, {0, 0, "a"}, {0, 0, "b"}},
        R"({"role":"user","content":"b"})"}});
}

TEST(RequestWrite, EveryPartOfMessages) {
  const auto user = [](const std::string& blocks) {
    return R"({"role":"user", "content":[)" + blocks + "]}";
  };
  const auto planner = [](const std::string& blocks) {
    return R"({"role":"assistant","content":[ )" + blocks + "]}";
  };
  check(
      kMessages,
      {{R"({"role":"user","content":"u"})", {{0, 0, "U"}}, R"({"role":"user","content":"U"})"},
       {user(R"({"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"})"),
        {{0, 0, "A"}},
        user(
            R"({"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"})")},
       {user(R"({"type":"image","source":{"type":"url","url":"u"},"cache_control":{"type":"ephemeral"}})"),
        {{0, 0, "A"}},
        user(R"({"type":"text","text":"A","cache_control":{"type":"ephemeral"}})")},
       {user(R"({"type":"text","text":"a","citations":[{"cited_text":"q"}]},{"type":"text","text":"b"})"),
        {{0, 1, "Q"}},
        user(R"({"type":"text","text":"a"},{"type":"text","text":"Q"},{"type":"text","text":"b"})")},
       {user(R"({"citations":[{"cited_text":"q"}],"type":"text","text":"a"})"),
        {{0, 0, "A"}, {0, 1, "Q"}},
        user(R"({"type":"text","text":"A"},{"type":"text","text":"Q"})")},
       {user(
            R"({"type":"tool_result","tool_use_id":"1","is_error":true,"content":[{"type":"text","text":"a"},{"type":"image","source":{}}],"cache_control":{"type":"ephemeral"}})"),
        {{0, 0, "R"}},
        user(
            R"({"type":"tool_result","tool_use_id":"1","content":"R","cache_control":{"type":"ephemeral"}})")},
       {user(R"({"type":"tool_result","tool_use_id":"1"})"),
        {{0, 0, "R"}},
        user(R"({"type":"tool_result","tool_use_id":"1","content":"R"})")},
       {planner(
            R"({"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"1","name":"n","input":{"a": 1}})"),
        {{0, 0, "X"}, {0, 1, R"({"b": 2})"}},
        planner(
            R"({"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","id":"1","name":"n","input":{"b": 2}})")},
       {planner(R"({"type":"tool_use","id":"1","name":"n","input":{"a": 1}})"),
        {{0, 0, "no JSON"}},
        planner(R"({"type":"tool_use","id":"1","name":"n","input":{}})")},
       {planner(R"({"type":"server_tool_use","id":"1","name":"n","input":{}})"),
        {{0, 0, "S"}},
        planner(R"({"type":"text","text":"S"})")}});
  for (const std::string system :
       {R"("s")", R"([ {"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])"}) {
    const std::string body = request(R"({"role":"user","content":"u"})", R"(,"system":)" + system);
    const auto parsed = parse_request(kMessages, body, {});
    std::string expected = body;
    expected.replace(expected.find("\"s\""), 3, "\"S\\\"\"");
    EXPECT_EQ(parsed->write({.parts = {{0, 0, "S\""}}}), expected);
  }
}

TEST(RequestWrite, PartsAndEditsOfOneMessage) {
  const std::string image = R"({"type":"image","source":{}})";
  const auto parsed = parse_request(kMessages,
                                    request(R"({"role":"user","content":"u"},{"role":"user","content":[)" +
                                            image + R"(]},{"role":"assistant","content":"a"})"),
                                    {});
  ASSERT_TRUE(parsed.has_value());
  const std::vector<PartEdit> parts{{0, 0, "U"}, {1, 0, "I"}, {2, 0, "A"}};
  EXPECT_EQ(parsed->write({.edits = {{Kind::prepend_blocks, 0, "1"},
                                     {Kind::prepend_blocks, 0, "2"},
                                     {Kind::prepend_blocks, 1, "3"},
                                     {Kind::prepend_blocks, 1, "4"},
                                     {Kind::insert_after, 1, "5"},
                                     {Kind::replace, 2, "6"},
                                     {Kind::insert_after, 2, "7"}},
                           .parts = parts}),
            request(R"({"role":"user","content":[1,2,{"type":"text","text":"U"}]},)"
                    R"({"role":"user","content":[3,4,{"type":"text","text":"I"}]},5,6,7)"));
  // A text block without text is refused by the API.
  EXPECT_EQ(parsed->write({.edits = {{Kind::prepend_blocks, 0, "1"}}, .parts = {{0, 0, " "}}}),
            request(R"({"role":"user","content":[1]},{"role":"user","content":[)" + image +
                    R"(]},{"role":"assistant","content":"a"})"));
}

TEST(RequestWrite, FurtherTools) {
  const exchange::Tool function{exchange::ToolKind::function, "f", "d\"", R"({"type":"object","x": 1})"};
  const exchange::Tool bare{exchange::ToolKind::function, "g"};
  const exchange::Tool custom{exchange::ToolKind::custom, "h", "", R"({"type":"text"})"};
  const std::string chat =
      R"({"type":"function","function":{"name":"f","description":"d\"","parameters":{"type":"object","x": 1}}},)"
      R"({"type":"function","function":{"name":"g"}},)"
      R"({"type":"custom","custom":{"name":"h","format":{"type":"text"}}})";
  const std::string messages = R"({"name":"f","description":"d\"","input_schema":{"type":"object","x": 1}},)"
                               R"({"name":"g","input_schema":{"type":"object"}})";
  for (const Dialect dialect : {kChat, kMessages}) {
    const std::string own =
        dialect == kChat ? R"({"type":"function","function":{"name":"own"}})" : R"({"name":"own"})";
    const std::string hosted = R"({"type":"web_search_x","name":"w"})";
    const std::string added = dialect == kChat ? chat : messages;
    std::vector<exchange::Tool> tools{function, bare};
    if (dialect == kChat) tools.push_back(custom);
    struct Case {
      std::string before;
      std::string after;
    };
    for (const Case& c : std::vector<Case>{
             {"", R"(,"tools":[)" + added + "]"},
             {R"(,"tools":null)", R"(,"tools":[)" + added + "]"},
             {R"(,"tools":[ ])", R"(,"tools":[ )" + added + "]"},
             {R"(,"tools":[)" + own + R"( ],"user_tag":"u")",
              R"(,"tools":[)" + own + " ," + added + R"(],"user_tag":"u")"},
             {R"(,"tools":[)" + own + "," + hosted + "]", R"(,"tools":[)" + own + "," + added + "]"},
             {R"(,"tools":[)" + hosted + R"(],"tool_choice":"auto")", R"(,"tools":[)" + added + "]"},
             {R"(,"tools":[)" + hosted + R"(],"user_tag":"u")", R"(,"user_tag":"u","tools":[)" + added + "]"},
         }) {
      const std::string user = R"({"role":"user","content":"u"})";
      const auto parsed = parse_request(dialect, request(user, c.before), {.strip_hosted_tools = true});
      ASSERT_TRUE(parsed.has_value()) << c.before;
      const std::string written = parsed->write({.tools = tools});
      EXPECT_EQ(written, request(user, c.after));
      const auto again = parse_request(dialect, written, {});
      ASSERT_TRUE(again.has_value()) << written;
      const auto& offered = again->request.tools;
      ASSERT_GE(offered.size(), tools.size());
      const exchange::Tool& first = offered[offered.size() - tools.size()];
      EXPECT_EQ(first.name, "f");
      EXPECT_EQ(first.description, "d\"");
      EXPECT_EQ(first.schema, function.schema);
      EXPECT_EQ(offered.back().kind, tools.back().kind);
    }
  }
}

// Requests of every shape.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  size_t pick(size_t count) { return random_() % count; }
  bool chance() { return pick(2) == 1; }
  std::string word() {
    static const std::string kWords[] = {"a", "b c", "é\"", "\\n\n", "{{weir:v7}}", "]}", "x,y"};
    return kWords[pick(std::size(kWords))] + std::to_string(next_++);
  }

  std::string make(Dialect dialect) {
    std::string messages;
    const size_t count = 1 + pick(6);
    for (size_t i = 0; i < count; ++i)
      messages += (i == 0 ? "" : space() + ",") + (dialect == kChat ? chat() : message());
    std::string more;
    if (dialect == kMessages && chance())
      more = R"(,"system":)" + (chance() ? quoted() : list({&Maker::text_block}));
    return request(messages, more);
  }

 private:
  using Make = std::string (Maker::*)();

  std::string space() { return chance() ? " \n" : ""; }
  std::string quoted() { return json::quote(word()); }
  std::string mark() { return chance() ? R"(, "cache_control":{"type":"ephemeral"})" : ""; }
  std::string list(const std::vector<Make>& kinds) {
    std::string all;
    const size_t count = pick(4);
    for (size_t i = 0; i < count; ++i)
      all += (i == 0 ? "" : ",") + space() + (this->*kinds[pick(kinds.size())])();
    return "[" + all + space() + "]";
  }

  std::string text_block() { return R"({"type":"text","text":)" + quoted() + mark() + "}"; }
  std::string cited() {
    return chance() ? R"({"type":"text","text":)" + quoted() + R"(,"citations":[{"cited_text":)" + quoted() +
                          "}]" + mark() + "}"
                    : R"({"citations":[{"cited_text":)" + quoted() + R"(}],"text":)" + quoted() + mark() +
                          R"(,"type":"text"})";
  }
  std::string image() {
    return R"({"type":"image","source":{"type":"url","url":)" + quoted() + "}" + mark() + "}";
  }
  std::string image_url() {
    return R"({"type":"image_url","image_url":{"url":)" + quoted() + "}" + mark() + "}";
  }
  std::string document() { return R"({"title":)" + quoted() + mark() + R"(,"type":"document","source":{}})"; }
  std::string thinking() {
    return R"({"type":"thinking","thinking":)" + quoted() + R"(,"signature":"c2ln"})";
  }
  std::string chat_thinking() {
    return R"({"type":"thinking","thinking":[{"type":"text","text":)" + quoted() + "}]}";
  }
  std::string refusal() { return R"({"type":"refusal","refusal":)" + quoted() + "}"; }
  std::string tool_use() {
    return R"({"type":"tool_use","id":)" + quoted() + R"(,"input":{"v":)" + quoted() + R"(},"name":"n")" +
           mark() + "}";
  }
  std::string result_content() {
    const std::string items[] = {"\"r\"", "[]", R"([{"type":"text","text":"r"}])", "null"};
    return R"("content":)" + items[pick(std::size(items))];
  }
  std::string tool_result() {
    return R"({"type":"tool_result","tool_use_id":)" + quoted() + (chance() ? R"(,"is_error":true)" : "") +
           (chance() ? "," + result_content() : "") + mark() + "}";
  }

  std::string message() {
    if (chance())
      return R"({"role":"user",)" + space() + R"("content":)" +
             (chance() ? quoted()
                       : list({&Maker::text_block, &Maker::cited, &Maker::image, &Maker::document,
                               &Maker::tool_result})) +
             "}";
    return R"({"content":)" +
           (chance() ? quoted()
                     : list({&Maker::text_block, &Maker::cited, &Maker::thinking, &Maker::tool_use})) +
           R"(,"role":"assistant"})";
  }

  std::string chat_call() {
    return chance()
               ? R"({"id":)" + quoted() + R"(,"function":{"arguments":"{}","name":"n"},"type":"function"})"
               : R"({"id":)" + quoted() + R"(,"type":"custom","custom":{"name":"n","input":)" + quoted() +
                     "}}";
  }
  std::string chat_planner() {
    std::string all = R"({"role":"assistant")";
    if (chance()) all += R"(,"reasoning_content":)" + quoted();
    const size_t content = pick(4);
    if (content == 1) all += R"(,"content":null)";
    if (content == 2) all += R"(,"content":)" + quoted();
    if (content == 3)
      all += R"(,"content":)" + list({&Maker::text_block, &Maker::refusal, &Maker::chat_thinking});
    const size_t other = pick(3);
    if (other == 1) all += R"(,"refusal":)" + quoted();
    if (other == 2) all += R"(,"audio":{"id":)" + quoted() + "}";
    if (chance()) all += R"(,"function_call":{"arguments":"","name":"n"})";
    if (chance()) all += R"(,"tool_calls":)" + list({&Maker::chat_call});
    return all + space() + "}";
  }
  std::string chat() {
    switch (pick(4)) {
      case 0:
        return R"({"role":"system","content":)" + (chance() ? quoted() : list({&Maker::text_block})) + "}";
      case 1:
        return R"({"content":)" + (chance() ? quoted() : list({&Maker::text_block, &Maker::image_url})) +
               R"(,"role":"user","name":"n"})";
      case 2:
        return chat_planner();
      default:
        return (chance() ? R"({"role":"tool","tool_call_id":)" + quoted()
                         : R"({"role":"function","name":)" + quoted()) +
               (chance() ? "," + result_content() : "") + "}";
    }
  }

  std::mt19937 random_;
  size_t next_ = 0;
};

// What a part edit is to make of the exchange.
void apply(exchange::Part& part, const std::string& text) {
  if (std::holds_alternative<exchange::Thinking>(part)) return;
  if (auto* result = std::get_if<exchange::Result>(&part)) {
    result->texts = {text};
    result->media = 0;
    result->is_error = false;
  } else if (auto* call = std::get_if<exchange::Call>(&part)) {
    call->arguments = text;
  } else {
    part = exchange::Text{text};
  }
}

std::string shown(const std::vector<exchange::Message>& messages) {
  std::string all;
  for (const exchange::Message& message : messages) {
    all += "\n" + std::to_string(static_cast<int>(message.role)) + message.name;
    for (const exchange::Part& part : message.parts) {
      all += "\n  ";
      if (const auto* text = std::get_if<exchange::Text>(&part)) all += "T " + text->text;
      if (const auto* thinking = std::get_if<exchange::Thinking>(&part)) all += "t " + thinking->text;
      if (const auto* media = std::get_if<exchange::Media>(&part)) all += "M " + media->text;
      if (const auto* call = std::get_if<exchange::Call>(&part))
        all += "C " + call->id + call->name + call->arguments + (call->is_json ? "j" : "f");
      if (const auto* result = std::get_if<exchange::Result>(&part)) {
        all +=
            (result->is_error ? "E " : "R ") + result->call_id + result->name + std::to_string(result->media);
        for (const std::string& text : result->texts) all += "|" + text;
      }
    }
  }
  return all;
}

size_t marks(std::string_view body) {
  size_t count = 0;
  for (size_t at = 0; (at = body.find("cache_control", at)) != std::string_view::npos; ++at) ++count;
  return count;
}

void check_made(unsigned seed, bool messages) {
  const Dialect dialect = messages ? kMessages : kChat;
  Maker maker(seed);
  const std::string body = maker.make(dialect);
  const auto parsed = parse_request(dialect, body, {});
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->write({}) == body);
  RC_ASSERT(parsed->places.size() == parsed->request.messages.size());
  std::vector<exchange::Message> expected = parsed->request.messages;
  Changes changes;
  for (size_t i = 0; i < expected.size(); ++i) {
    RC_ASSERT(parsed->places[i].size() == expected[i].parts.size());
    for (size_t k = 0; k < expected[i].parts.size(); ++k) {
      if (maker.pick(3) == 0) continue;
      const auto* call = std::get_if<exchange::Call>(&expected[i].parts[k]);
      const std::string text =
          call != nullptr && call->is_json ? R"({"e": )" + json::quote(maker.word()) + "}" : maker.word();
      changes.parts.push_back({i, k, text});
      apply(expected[i].parts[k], text);
    }
  }
  const std::string written = parsed->write(changes);
  RC_ASSERT(parsed->write(changes) == written);
  auto again = parse_request(dialect, written, {});
  RC_ASSERT(again.has_value());
  RC_ASSERT(shown(again->request.messages) == shown(expected));
  RC_ASSERT(marks(written) == marks(body));
  if (changes.parts.empty()) RC_ASSERT(written == body);
  // With other edits of the same message: what they add stands where it belongs.
  const size_t at = maker.pick(expected.size());
  if (parsed->wire_index[at] == std::string::npos) return;
  changes.edits.push_back({Kind::insert_after, at, R"({"role":"user","content":"weir"})"});
  if (messages) {
    changes.edits.push_back({Kind::prepend_blocks, at, R"({"type":"text","text":"weir"})"});
    expected[at].parts.insert(expected[at].parts.begin(), exchange::Text{"weir"});
  }
  expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                  {exchange::Role::user, {}, {exchange::Text{"weir"}}});
  again = parse_request(dialect, parsed->write(changes), {});
  RC_ASSERT(again.has_value());
  RC_ASSERT(shown(again->request.messages) == shown(expected));
}

RC_GTEST_PROP(RequestWrite, ExactlyTheNamedPartsChange, (unsigned seed, bool messages)) {
  for (unsigned i = 0; i < 40; ++i) check_made(seed * 40 + i, messages);
}

}  // namespace
}  // namespace weir::wire
