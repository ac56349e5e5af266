// Decisions of the policy engine on the inputs of bench/policy/run: time of each, and allocations.
//
// usage: policy_bench POLICIES ENTITIES REQUESTS DECISIONS     prints one JSON line
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <sstream>
#include <vector>

#include "base/json.h"
#include "policy/json_data.h"
#include "policy/policy_set.h"

namespace {

size_t allocations = 0;

std::string file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

template <class T>
T must(weir::Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << "policy_bench: " << result.error().text() << "\n";
  std::exit(2);
}

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* out = std::malloc(bytes)) return out;
  throw std::bad_alloc();
}
void operator delete(void* pointer) noexcept {
  std::free(pointer);
}
void operator delete(void* pointer, size_t) noexcept {
  std::free(pointer);
}

int main(int argc, char** argv) {
  using namespace weir;
  if (argc != 5) return 2;
  const policy::PolicySet policies = must(policy::PolicySet::parse(file(argv[1]), argv[1]));
  const json::Document entities_document = must(json::parse(file(argv[2])));
  const policy::Entities entities = must(policy::entities_from_json(entities_document.root()));
  const json::Document requests_document = must(json::parse(file(argv[3])));
  std::vector<policy::Request> requests;
  for (const json::Value request : requests_document.root().elements()) {
    requests.push_back(must(policy::request_from_json(request)));
  }
  const size_t decisions = std::stoul(argv[4]);
  policy::Decider decider(policies);
  size_t allowed = 0;
  for (const policy::Request& request : requests) {
    allowed += decider.decide(request, entities, policy::Semantics::cedar).decision == policy::Decision::allow
                   ? 1
                   : 0;
  }
  std::vector<int64_t> times;
  times.reserve(decisions);
  const size_t before = allocations;
  for (size_t i = 0; i < decisions; ++i) {
    const policy::Request& request = requests[i % requests.size()];
    const auto start = std::chrono::steady_clock::now();
    const policy::Decision decision = decider.decide(request, entities, policy::Semantics::cedar).decision;
    const auto end = std::chrono::steady_clock::now();
    asm volatile("" : : "r"(decision));  // or it would not have to be computed
    times.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
  }
  const double each = static_cast<double>(allocations - before) / static_cast<double>(decisions);
  std::sort(times.begin(), times.end());
  fmt::print("{{\"p50_ns\": {}, \"p99_ns\": {}, \"allocations\": {:.2f}, \"allowed\": {}}}\n",
             times[decisions / 2], times[decisions * 99 / 100], each, allowed);
  return 0;
}
