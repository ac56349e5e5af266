#include "gateway/mcp/catalogue.h"

#include <algorithm>

#include "base/limits.h"
#include "wire/splice.h"

namespace weir::gateway::mcp {
namespace {

struct ListFacts {
  std::string_view method, member, capability, key;
};
constexpr std::array<ListFacts, kListCount> kLists{
    {{"tools/list", "tools", "tools", "name"},
     {"prompts/list", "prompts", "prompts", "name"},
     {"resources/list", "resources", "resources", "uri"},
     {"resources/templates/list", "resourceTemplates", "resources", "uriTemplate"}}};

const ListFacts& facts_of(List list) {
  return kLists[static_cast<size_t>(list)];
}

constexpr int64_t kFetchAgainMs = 1'000;  // a list is good so long, whatever its server says

constexpr List kAll[] = {List::tools, List::prompts, List::resources, List::templates};

}  // namespace

struct Catalogue::Lists {
  struct One {
    std::vector<Message> pages;  // that are arriving
    std::vector<Entry> entries;
    std::string text;  // of all pages, to see a change
    wire::mcp::Freshness fresh = {};
    int64_t fetched_ms = 0;
    bool wanted = false, loading = false, loaded = false, again = false;
    bool late = false;  // it was waited for once in vain
  };
  Upstream* upstream = nullptr;
  std::array<One, kListCount> lists;
  One& of(List list) { return lists[static_cast<size_t>(list)]; }
  // A stateless server that does not tell of changes says how long a list is good.
  bool stale(List list, int64_t now_ms) {
    const One& one = of(list);
    return one.loaded && upstream->stateless() &&
           !upstream->capabilities()[facts_of(list).capability]["listChanged"].boolean().value_or(false) &&
           now_ms - one.fetched_ms > std::max(one.fresh.ttl_ms, kFetchAgainMs);
  }
  bool worth_waiting(List list) {
    const One& one = of(list);
    return one.loading && !one.late && upstream->state() != Upstream::State::waiting;
  }
};

Catalogue::Catalogue(net::Loop& loop, Pins& pins, Changed changed, ToolsSeen tools_seen)
    : loop_(loop), pins_(pins), changed_(std::move(changed)), tools_seen_(std::move(tools_seen)) {}

Catalogue::~Catalogue() = default;

void Catalogue::add(Upstream& upstream) {
  servers_.push_back(std::make_unique<Lists>());
  servers_.back()->upstream = &upstream;
}

void Catalogue::reserve(std::string_view client_name) {
  tool_names_.add({{}, std::string(client_name)}, false);
}

void Catalogue::load(List list, std::function<void()> done, std::function<bool()> enough) {
  auto waiter = std::make_shared<Waiter>();
  waiter->list = list;
  waiter->done = std::move(done);
  waiter->enough = std::move(enough);
  waiters_.push_back(waiter);
  waiter->deadline = loop_.after(limits::kMcpListMs, [this, waiter = waiter.get()] {
    waiter->due = true;
    for (const auto& lists : servers_) {
      Lists::One& one = lists->of(waiter->list);
      one.late = one.late || one.loading;
    }
    check_waiters();
  });
  for (const auto& lists : servers_) {
    Lists::One& one = lists->of(list);
    one.wanted = true;
    if ((!one.loaded || lists->stale(list, loop_.mono_ms())) && !one.loading) fetch(*lists, list, {});
  }
  loop_.post([this, weak = std::weak_ptr<Waiter>(waiter)] {
    if (!weak.expired()) check_waiters();
  });
}

void Catalogue::check_waiters() {
  // A waiter's `done` may end the session, and this with it: what is left is looked at only while it stands.
  for (size_t i = 0; i < waiters_.size();) {
    const List list = waiters_[i]->list;
    const bool enough = waiters_[i]->enough && waiters_[i]->enough();
    const bool ready = waiters_[i]->due || enough ||
                       std::none_of(servers_.begin(), servers_.end(),
                                    [&](const auto& lists) { return lists->worth_waiting(list); });
    if (!ready) {
      ++i;
      continue;
    }
    const std::shared_ptr<Waiter> waiter = waiters_[i];
    waiters_.erase(waiters_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!enough) told_[static_cast<size_t>(list)] = true;
    loop_.post([waiter] {
      if (waiter->done) waiter->done();
    });
  }
}

void Catalogue::fetch(Lists& lists, List list, std::string_view cursor) {
  const ListFacts& facts = facts_of(list);
  Lists::One& one = lists.of(list);
  one.loading = true;
  if (lists.upstream->state() == Upstream::State::ready && !lists.upstream->has(facts.capability)) {
    one.pages.clear();
    return settle(lists, list);
  }
  std::string params;
  if (!cursor.empty()) params = "{\"cursor\":" + json::quote(cursor) + "}";
  lists.upstream->request(
      facts.method, params, limits::kMcpHandshakeMs,
      [this, &lists, list](Result<Message> answer) { arrived(lists, list, std::move(answer)); });
}

void Catalogue::arrived(Lists& lists, List list, Result<Message> answer) {
  Lists::One& one = lists.of(list);
  if (!answer || answer->kind == wire::mcp::Kind::error) {
    // Not there, or it has no such list. What was known of it stays known.
    one.pages.clear();
    one.loading = false;
    if (answer) one.loaded = true;
    return check_waiters();
  }
  one.pages.push_back(std::move(*answer));
  const auto cursor = one.pages.back().result()["nextCursor"].string();
  if (cursor && !cursor->empty() && one.pages.size() < limits::kMcpPagesMax)
    return fetch(lists, list, std::string(*cursor));
  settle(lists, list);
}

// All pages are here.
void Catalogue::settle(Lists& lists, List list) {
  Lists::One& one = lists.of(list);
  std::string text;
  for (const Message& page : one.pages) text += page.result()[facts_of(list).member].raw();
  const bool changed = !one.loaded || text != one.text;
  one.loading = one.late = false;
  one.loaded = true;
  one.fetched_ms = loop_.mono_ms();
  for (size_t i = 0; i < one.pages.size(); ++i) {
    const wire::mcp::Freshness page = wire::mcp::freshness_of(one.pages[i].result());
    one.fresh.ttl_ms = i == 0 ? page.ttl_ms : std::min(one.fresh.ttl_ms, page.ttl_ms);
    one.fresh.shared = (i == 0 || one.fresh.shared) && page.shared;
  }
  if (changed) {
    one.text = std::move(text);
    take_in(lists, list);
  }
  one.pages.clear();
  if (std::exchange(one.again, false)) fetch(lists, list, {});
  if (changed && told_[static_cast<size_t>(list)] &&
      std::none_of(waiters_.begin(), waiters_.end(), [&](const auto& w) { return w->list == list; }))
    changed_(list);
  check_waiters();
}

void Catalogue::take_in(Lists& lists, List list) {
  const ListFacts& facts = facts_of(list);
  Lists::One& one = lists.of(list);
  Upstream& upstream = *lists.upstream;
  one.entries.clear();
  std::vector<manifest::ToolText> texts;
  for (const Message& page : one.pages) {
    for (const json::Value raw : page.result()[facts.member].elements()) {
      if (one.entries.size() >= limits::kMcpEntriesMax) break;
      const auto name = raw[facts.key].string();
      if (!name || name->empty()) continue;  // nobody can call it
      Entry entry{&upstream, std::string(*name), {}, std::string(raw.raw())};
      if (list == List::tools) {
        auto text = manifest::read_tool_text(raw);
        if (!text) continue;
        // Over HTTP no client of that era may use such a tool.
        if (upstream.stateless() && !upstream.server().url.empty() &&
            !wire::mcp::header_params(raw["inputSchema"]))
          continue;
        entry.description = text->description;
        entry.schema = text->schema;
        entry.digest = text->digest;
        texts.push_back(std::move(*text));
      }
      if (list == List::tools || list == List::prompts) {
        wire::mcp::Names& names = list == List::tools ? tool_names_ : prompt_names_;
        entry.client_name = names.add({upstream.server().name, entry.name}, upstream.server().prefix);
        const size_t begin = raw["name"].offset() - raw.offset();
        entry.raw.replace(begin, raw["name"].raw().size(), json::quote(entry.client_name));
      }
      one.entries.push_back(std::move(entry));
    }
  }
  if (list != List::tools) return;
  std::vector<std::string> others;
  for (const auto& other : servers_) {
    if (other.get() == &lists) continue;
    for (const Entry& entry : other->of(List::tools).entries)
      others.push_back(other->upstream->server().name + "/" + entry.name);
  }
  const std::vector<PinState> states = pins_.observe(upstream.server().name, texts, others);
  for (size_t i = 0; i < states.size(); ++i) one.entries[i].pin = states[i];
  tools_seen_(upstream, one.entries);
}

void Catalogue::refresh(const Upstream& upstream, List list) {
  for (const auto& lists : servers_) {
    if (lists->upstream != &upstream) continue;
    Lists::One& one = lists->of(list);
    if (!one.wanted) return;
    if (one.loading) {
      one.again = true;
    } else {
      fetch(*lists, list, {});
    }
  }
}

void Catalogue::refresh_all(const Upstream& upstream) {
  for (const List list : kAll) refresh(upstream, list);
}

void Catalogue::watch(List list) {
  if (!told_[static_cast<size_t>(list)]) load(list, {});
}

wire::mcp::Freshness Catalogue::freshness(List list) const {
  wire::mcp::Freshness all;
  bool first = true;
  for (const auto& lists : servers_) {
    const Lists::One& one = lists->of(list);
    if (one.entries.empty()) continue;
    all.ttl_ms = first ? one.fresh.ttl_ms : std::min(all.ttl_ms, one.fresh.ttl_ms);
    all.shared = (first || all.shared) && one.fresh.shared;
    first = false;
  }
  return all;
}

void Catalogue::pins_changed(const std::string& server) {
  bool any = false;
  for (const auto& lists : servers_) {
    if (lists->upstream->server().name != server) continue;
    for (Entry& entry : lists->of(List::tools).entries) {
      // By what this session was given: another may have been given something else under the same name.
      const PinState state = pins_.state_of(server, entry.name, entry.digest);
      if (entry.pin == state) continue;
      entry.pin = state;
      any = true;
    }
  }
  if (any && told_[static_cast<size_t>(List::tools)]) changed_(List::tools);
}

std::vector<const Entry*> Catalogue::entries(List list) const {
  std::vector<const Entry*> all;
  for (const auto& lists : servers_) {
    for (const Entry& entry : lists->of(list).entries) all.push_back(&entry);
  }
  return all;
}

const Entry* Catalogue::find_by_client_name(List list, std::string_view client_name) const {
  const wire::mcp::Names& names = list == List::tools ? tool_names_ : prompt_names_;
  const wire::mcp::Target* target = names.find(client_name);
  if (target == nullptr) return nullptr;
  for (const auto& lists : servers_) {
    if (lists->upstream->server().name != target->server) continue;
    for (const Entry& entry : lists->of(list).entries) {
      if (entry.name == target->name) return &entry;
    }
  }
  return nullptr;
}

Upstream* Catalogue::owner_of(std::string_view uri) const {
  Upstream* best = nullptr;
  size_t best_literal = 0;
  for (const Entry* entry : entries(List::resources)) {
    if (entry->name == uri) return entry->upstream;
  }
  for (const Entry* entry : entries(List::templates)) {
    const auto literal = wire::mcp::matches_template(uri, entry->name);
    if (!literal || (best != nullptr && *literal <= best_literal)) continue;
    best = entry->upstream;
    best_literal = *literal;
  }
  if (best != nullptr) return best;
  for (const auto& lists : servers_) {
    if (!lists->upstream->has("resources")) continue;
    if (best != nullptr) return nullptr;
    best = lists->upstream;
  }
  return best;
}

bool Catalogue::settled(List list) const {
  return std::all_of(servers_.begin(), servers_.end(), [&](const auto& lists) {
    return lists->of(list).wanted && !lists->worth_waiting(list);
  });
}

}  // namespace weir::gateway::mcp
