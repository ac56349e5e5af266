#include "ledger/merkle.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace weir::ledger {
namespace {

// The largest power of two below n, for n > 1.
uint64_t split(uint64_t n) {
  return std::bit_floor(n - 1);
}

// The root of leaves [begin, end), where begin is a multiple of the largest subtree in the range.
Result<Digest> range_root(uint64_t begin, uint64_t end, const NodeReader& node) {
  std::vector<Digest> peaks;
  while (begin < end) {
    const int height = std::bit_width(end - begin) - 1;
    WEIR_TRY_ASSIGN(hash, node(height, begin >> height));
    peaks.push_back(hash);
    begin += uint64_t{1} << height;
  }
  Digest root = peaks.back();
  for (size_t i = peaks.size() - 1; i-- > 0;) root = node_hash(peaks[i], root);
  return root;
}

}  // namespace

Digest leaf_hash(std::string_view entry) {
  return sha256({std::string_view("\0", 1), entry});
}

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({"\1", as_bytes(left), as_bytes(right)});
}

Digest empty_root() {
  return sha256("");
}

void Frontier::push(int height, const Digest& hash) {
  assert(size_ % (uint64_t{1} << height) == 0);
  Peak peak{height, hash};
  while (!peaks_.empty() && peaks_.back().height == peak.height) {
    peak = {peak.height + 1, node_hash(peaks_.back().hash, peak.hash)};
    peaks_.pop_back();
  }
  peaks_.push_back(peak);
  size_ += uint64_t{1} << height;
}

Digest Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Digest root = peaks_.back().hash;
  for (size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i].hash, root);
  return root;
}

Result<std::vector<Digest>> inclusion_proof(uint64_t index, uint64_t size, const NodeReader& node) {
  assert(index < size);
  std::vector<Digest> proof;  // root's child first, until the end
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    WEIR_TRY_ASSIGN(sibling, left ? range_root(middle, end, node) : range_root(begin, middle, node));
    proof.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<std::vector<Digest>> consistency_proof(uint64_t old_size, uint64_t size, const NodeReader& node) {
  assert(old_size <= size);
  std::vector<Digest> proof;
  if (old_size == 0 || old_size == size) return proof;
  uint64_t begin = 0;
  uint64_t end = size;
  bool old_root_known = true;  // the verifier has the root of [0, old_size)
  while (old_size != end) {
    const uint64_t middle = begin + split(end - begin);
    const bool left = old_size <= middle;
    WEIR_TRY_ASSIGN(sibling, left ? range_root(middle, end, node) : range_root(begin, middle, node));
    proof.push_back(sibling);
    if (!left) old_root_known = false;
    (left ? end : begin) = middle;
  }
  if (!old_root_known) {
    WEIR_TRY_ASSIGN(own, range_root(begin, end, node));
    proof.push_back(own);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool verify_inclusion(const Digest& leaf, uint64_t index, uint64_t size, std::span<const Digest> proof,
                      const Digest& root) {
  if (index >= size) return false;
  uint64_t position = index;
  uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((position & 1) != 0 || position == last) {
      hash = node_hash(sibling, hash);
      while ((position & 1) == 0 && position != 0) {
        position >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    position >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(uint64_t old_size, const Digest& old_root, uint64_t size, const Digest& root,
                        std::span<const Digest> proof) {
  if (old_size > size) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == empty_root();
  const bool power_of_two = std::has_single_bit(old_size);
  if (!power_of_two && proof.empty()) return false;
  Digest old_hash = power_of_two ? old_root : proof[0];
  Digest hash = old_hash;
  if (!power_of_two) proof = proof.subspan(1);
  uint64_t position = old_size - 1;
  uint64_t last = size - 1;
  while ((position & 1) != 0) {
    position >>= 1;
    last >>= 1;
  }
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((position & 1) != 0 || position == last) {
      old_hash = node_hash(sibling, old_hash);
      hash = node_hash(sibling, hash);
      while ((position & 1) == 0 && position != 0) {
        position >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    position >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace weir::ledger
