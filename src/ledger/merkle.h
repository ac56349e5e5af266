// The Merkle tree of RFC 6962 section 2.1 with SHA-256: hashes, proofs and their verification.
//
// Pure functions, any thread. Proof sizes and times are logarithmic in the tree size; nothing that a proof
// says makes more work than its own length. Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir::ledger {

Digest leaf_hash(std::string_view entry);                   // SHA-256(0x00 ‖ entry)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 ‖ left ‖ right)
Digest empty_root();                                        // SHA-256("")

// The roots of the full subtrees that make up a tree, largest first: all that appending and the root need.
class Frontier {
 public:
  // Appends a full subtree of 2^height leaves; size() must be a multiple of 2^height.
  void push(int height, const Digest& hash);
  void append(const Digest& leaf) { push(0, leaf); }
  Digest root() const;
  uint64_t size() const { return size_; }

 private:
  struct Peak {
    int height;
    Digest hash;
  };
  std::vector<Peak> peaks_;
  uint64_t size_ = 0;
};

// Gives the root of the full subtree over leaves [index << height, (index + 1) << height).
using NodeReader = std::function<Result<Digest>(int height, uint64_t index)>;

// Leaf's sibling first. Needs index < size.
Result<std::vector<Digest>> inclusion_proof(uint64_t index, uint64_t size, const NodeReader& node);
// Needs old_size <= size; empty when they are equal or old_size is 0.
Result<std::vector<Digest>> consistency_proof(uint64_t old_size, uint64_t size, const NodeReader& node);

bool verify_inclusion(const Digest& leaf, uint64_t index, uint64_t size, std::span<const Digest> proof,
                      const Digest& root);
bool verify_consistency(uint64_t old_size, const Digest& old_root, uint64_t size, const Digest& root,
                        std::span<const Digest> proof);

}  // namespace weir::ledger
