#include "review/learn.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "review/candidates.h"

namespace weir::review {
namespace {

constexpr size_t kExamples = 5;

// Decisions that are the same to every proposal.
struct Case {
  std::vector<const Recorded*> recorded;
  std::vector<Bundle> ways;
};

class Learner {
 public:
  Learner(const std::vector<Recorded>& recorded, const policy::PolicySet& policies,
          const manifest::Manifests& manifests)
      : finder_(recorded, policies, manifests) {
    for (const Recorded& each : recorded) sort_in(each);
  }

  Lesson run() {
    for (auto& [key, one] : cases_) {
      one.ways = finder_.ways(*one.recorded.front());
      if (one.ways.empty()) give_up(one);
    }
    std::erase_if(cases_, [](const auto& entry) { return entry.second.ways.empty(); });
    while (choose()) {
    }
    write_down();
    return std::move(out_);
  }

 private:
  void sort_in(const Recorded& each) {
    ++out_.looked_at;
    if (each.decision == policy::Decision::allow) {
      ++out_.passed;
    } else if (!each.request) {
      ++out_.without_request;
    } else {
      cases_[case_key(each)].recorded.push_back(&each);
    }
  }

  void give_up(const Case& one) {
    const Recorded& first = *one.recorded.front();
    const auto same = std::find_if(out_.stuck.begin(), out_.stuck.end(), [&](const Stuck& stuck) {
      return stuck.tool == first.tool && stuck.policies == first.policies;
    });
    if (same != out_.stuck.end()) {
      same->calls += one.recorded.size();
    } else {
      out_.stuck.push_back({first.tool, first.why, first.policies, one.recorded.size()});
    }
  }

  bool settled(const Case& one, const Bundle& more) const {
    return std::any_of(one.ways.begin(), one.ways.end(), [&](const Bundle& way) {
      return std::all_of(way.begin(), way.end(),
                         [&](const Candidate& c) { return chosen_.contains(c) || more.contains(c); });
    });
  }

  size_t settled_by(const Bundle& more) const {
    size_t count = 0;
    for (const auto& [key, one] : cases_) {
      if (!settled(one, {}) && settled(one, more)) count += one.recorded.size();
    }
    return count;
  }

  // The way that settles most calls for each rule that it adds; a grant before a trust rule.
  bool choose() {
    const Bundle* best = nullptr;
    double best_gain = 0;
    for (const auto& [key, one] : cases_) {
      if (settled(one, {})) continue;
      for (const Bundle& way : one.ways) {
        size_t added = 0;
        for (const Candidate& candidate : way) added += chosen_.contains(candidate) ? 0 : 1;
        const double gain =
            static_cast<double>(settled_by(way)) / static_cast<double>(std::max<size_t>(added, 1));
        if (gain > best_gain) {
          best = &way;
          best_gain = gain;
        }
      }
    }
    if (best == nullptr) return false;
    chosen_.insert(best->begin(), best->end());
    return true;
  }

  void write_down() {
    for (const Candidate& candidate : chosen_) {
      Proposal proposal;
      proposal.kind = candidate.is_grant() ? Proposal::Kind::grant : Proposal::Kind::trust;
      proposal.text = candidate.text();
      proposal.risk = candidate.risk();
      for (const auto& [key, one] : cases_) {
        const bool helps = std::any_of(one.ways.begin(), one.ways.end(), [&](const Bundle& way) {
          return way.contains(candidate) &&
                 std::all_of(way.begin(), way.end(), [&](const Candidate& c) { return chosen_.contains(c); });
        });
        if (!helps) continue;
        proposal.calls += one.recorded.size();
        for (const Recorded* each : one.recorded) {
          if (proposal.examples.size() < kExamples) proposal.examples.push_back(each->index);
        }
      }
      std::sort(proposal.examples.begin(), proposal.examples.end());
      out_.proposals.push_back(std::move(proposal));
    }
    std::stable_sort(out_.proposals.begin(), out_.proposals.end(),
                     [](const Proposal& a, const Proposal& b) { return a.calls > b.calls; });
  }

  const Finder finder_;
  std::map<std::string, Case> cases_;
  std::set<Candidate> chosen_;
  Lesson out_;
};

}  // namespace

Lesson learn(const std::vector<Recorded>& recorded, const policy::PolicySet& policies,
             const manifest::Manifests& manifests) {
  return Learner(recorded, policies, manifests).run();
}

}  // namespace weir::review
