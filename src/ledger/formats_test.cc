// Hashes, proofs, notes, tiles and the journal against published vectors, naive recomputation and malformed
// input.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "ledger/crash_files.h"
#include "ledger/journal.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/tiles.h"

namespace weir::ledger {
namespace {

std::string hex(const Digest& digest) {
  return to_hex(as_bytes(digest));
}

// RFC 6962 section 2.1, word for word.
Digest naive_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256("");
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const Digest left = naive_root(leaves.first(k));
  const Digest right = naive_root(leaves.subspan(k));
  return sha256({"\x01", as_bytes(left), as_bytes(right)});
}

std::vector<Digest> naive_path(size_t m, std::span<const Digest> leaves) {
  if (leaves.size() == 1) return {};
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const bool left = m < k;
  auto path = left ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
  path.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Digest> naive_subproof(size_t m, std::span<const Digest> leaves, bool whole) {
  if (m == leaves.size()) return whole ? std::vector<Digest>{} : std::vector<Digest>{naive_root(leaves)};
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const bool left = m <= k;
  auto path =
      left ? naive_subproof(m, leaves.first(k), whole) : naive_subproof(m - k, leaves.subspan(k), false);
  path.push_back(naive_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Digest> some_leaves(size_t n) {
  std::vector<Digest> out;
  for (size_t i = 0; i < n; ++i) out.push_back(leaf_hash("entry " + std::to_string(i)));
  return out;
}

TEST(Merkle, PublishedVectors) {
  EXPECT_EQ(hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(leaf_hash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  Frontier tree;
  for (const char* leaf :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}) {
    tree.append(leaf_hash(*from_hex(leaf)));
  }
  EXPECT_EQ(hex(tree.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Merkle, ProofsEqualTheDefinitionAndVerify) {
  const auto leaves = some_leaves(600);
  const std::span<const Digest> all(leaves);
  const NodeReader node = [&](int height, uint64_t index) -> Result<Digest> {
    return naive_root(all.subspan(index << height, size_t{1} << height));
  };
  Frontier frontier;
  std::vector<Digest> roots;
  for (size_t size = 0; size <= leaves.size(); ++size) {
    const Digest root = naive_root(all.first(size));
    ASSERT_EQ(frontier.root(), root) << size;
    roots.push_back(root);
    if (size < leaves.size()) frontier.append(leaves[size]);
  }
  for (size_t size = 1; size <= leaves.size(); size += size < 40 ? 1 : 37) {
    for (size_t i = 0; i < size; i += size < 40 ? 1 : 11) {
      const auto proof = inclusion_proof(i, size, node);
      ASSERT_TRUE(proof);
      ASSERT_EQ(*proof, naive_path(i, all.first(size)));
      ASSERT_TRUE(verify_inclusion(leaves[i], i, size, *proof, roots[size]));
      ASSERT_FALSE(verify_inclusion(leaves[i], i + 1, size, *proof, roots[size]));
      ASSERT_FALSE(verify_inclusion(leaves[(i + 1) % 600], i, size, *proof, roots[size]));
      auto longer = *proof;
      longer.push_back(leaves[0]);
      ASSERT_FALSE(verify_inclusion(leaves[i], i, size, longer, roots[size]));
      if (!proof->empty()) {
        auto shorter = *proof;
        shorter.pop_back();
        ASSERT_FALSE(verify_inclusion(leaves[i], i, size, shorter, roots[size]));
      }
    }
    for (size_t old = 0; old <= size; old += size < 40 ? 1 : 7) {
      const auto proof = consistency_proof(old, size, node);
      ASSERT_TRUE(proof);
      if (old > 0) {
        ASSERT_EQ(*proof, naive_subproof(old, all.first(size), true));
      }
      ASSERT_TRUE(verify_consistency(old, roots[old], size, roots[size], *proof)) << old << " " << size;
      if (old > 0) {
        ASSERT_FALSE(verify_consistency(old, roots[old - 1], size, roots[size], *proof));
      }
      ASSERT_FALSE(old > 0 && verify_consistency(old, roots[old], size, roots[size - 1], *proof));
      for (size_t flip = 0; flip < proof->size(); ++flip) {
        auto changed = *proof;
        changed[flip][5] ^= 1;
        ASSERT_FALSE(verify_consistency(old, roots[old], size, roots[size], changed));
      }
    }
  }
}

constexpr char kPeter[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kPeterSecret[] =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kPeterNote[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

// The example of the format's reference implementation (golang.org/x/mod/sumdb/note).
TEST(Note, ReferenceVector) {
  const auto key = Key::parse(kPeterSecret);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(key->vkey(), kPeter);
  const std::string note = kPeterNote;
  const auto signed_note = key->sign_note(note.substr(0, note.rfind("\n\n") + 1));
  ASSERT_TRUE(signed_note);
  EXPECT_EQ(*signed_note, note);
  const auto parsed = parse_note(note);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(verify_note(*parsed, *VerifierKey::parse(kPeter)));
}

TEST(Note, EveryFlippedBitOfANoteIsNoticed) {
  const auto key = VerifierKey::parse(kPeter);
  const std::string note = kPeterNote;
  for (size_t at = 0; at < note.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = note;
      changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
      const auto parsed = parse_note(changed);
      EXPECT_FALSE(parsed && verify_note(*parsed, *key)) << at << " " << bit;
    }
  }
}

TEST(Note, UnknownSignersAreIgnoredAndBounded) {
  const auto key = VerifierKey::parse(kPeter);
  const std::string witness =
      "\xE2\x80\x94 witness.example " + to_base64("abcd" + std::string(72, 'x')) + "\n";
  std::string note = kPeterNote;
  for (size_t i = 1; i < limits::kNoteSignaturesMax; ++i) note += witness;
  const auto parsed = parse_note(note);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(verify_note(*parsed, *key));
  const auto over = parse_note(note + witness);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::too_large);
  const std::string line(note.substr(0, note.find("\n\n") + 2) + witness);
  EXPECT_FALSE(verify_note(*parse_note(line), *key));
  const std::string sizes =
      std::string(limits::kNoteBytesMax - std::string(kPeterNote).size() - 1, 'a') + "\n" + kPeterNote;
  EXPECT_TRUE(parse_note(sizes));
  EXPECT_FALSE(parse_note("a" + sizes));
}

TEST(Note, MalformedKeysAndNotesAreRefused) {
  for (const char* bad : {"", "+", "++", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+",
                          "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}) {
    EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
    EXPECT_FALSE(Key::parse(std::string("PRIVATE+KEY+") + bad)) << bad;
  }
  for (const char* bad :
       {"", "\n", "\n\n", "text\n", "text\n\n", "text\n\nx\n", "text\n\n\xE2\x80\x94 a\n",
        "text\n\n\xE2\x80\x94 a b\n", "text\n\n\xE2\x80\x94 a AAAAAAA=", "a\tb\n\n\xE2\x80\x94 a AAAAAAA=\n",
        "text\n\n\xE2\x80\x94 a AAAA\n", "\xFF\n\n\xE2\x80\x94 a AAAAAAA=\n"}) {
    EXPECT_FALSE(parse_note(bad)) << bad;
  }
  EXPECT_FALSE(
      is_key_name("a\xE2\x80\x83"
                  "b"));  // U+2003
  EXPECT_TRUE(is_key_name("weir.example/log"));
}

TEST(Checkpoint, RoundTripAndMalformed) {
  const Checkpoint checkpoint{"weir.example/log", 42, leaf_hash("x")};
  EXPECT_EQ(*parse_checkpoint(checkpoint.text()), checkpoint);
  const std::string root = to_base64(as_bytes(checkpoint.root));
  for (const std::string& bad :
       {std::string(), std::string("a\n"), "a\n042\n" + root + "\n", "a\n-1\n" + root + "\n",
        "a\n+1\n" + root + "\n", "a\n1 \n" + root + "\n", "a\n18446744073709551616\n" + root + "\n",
        "\n1\n" + root + "\n", "a\n1\n" + root, "a\n1\n" + root + "\next\n", std::string("a\n1\nAAAA\n")}) {
    EXPECT_FALSE(parse_checkpoint(bad)) << bad;
  }
  EXPECT_TRUE(parse_checkpoint("a\n18446744073709551615\n" + root + "\n"));
}

TEST(Key, FileIsMadeOnceAndReadAgain) {
  CrashFiles files;
  SystemRandom random;
  const auto made = Key::load_or_create(files, "key", "weir.example/log", random);
  ASSERT_TRUE(made) << made.error().text();
  const auto again = Key::load_or_create(files, "key", "weir.example/log", random);
  ASSERT_TRUE(again);
  EXPECT_EQ(made->vkey(), again->vkey());
  EXPECT_FALSE(Key::load_or_create(files, "key", "other", random));
  EXPECT_FALSE(Key::load_or_create(files, "key2", "bad name", random));
  const std::string text = files.bytes("key");
  files.set_bytes("key", text.substr(0, 20));
  const auto damaged = Key::load_or_create(files, "key", "weir.example/log", random);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().text().find(text.substr(text.rfind('+'))), std::string::npos);
}

TEST(Tiles, Paths) {
  EXPECT_EQ((TileName{0, 1234067}.path()), "tile/0/x001/x234/067");
  EXPECT_EQ((TileName{kEntriesLevel, 5, 17}.path()), "tile/entries/005.p/17");
  EXPECT_EQ((TileName{2, 1000, 255}.path()), "tile/2/x001/000.p/255");
  for (const char* good :
       {"tile/0/000", "tile/63/999", "tile/entries/x001/000", "tile/0/x001/x234/067.p/1"}) {
    const auto name = parse_tile_path(good);
    ASSERT_TRUE(name) << good;
    EXPECT_EQ(name->path(), good);
  }
  for (const char* bad : {"", "tile/", "tile/0", "tile/0/", "tile/64/000", "tile/00/000", "tile/0/0",
                          "tile/0/0000", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256",
                          "tile/0/000.p/01", "tile/0/000.p/", "tile/0/1234", "tile/0/x1/000", "tile/-1/000",
                          "tile/entries/../000", "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_FALSE(parse_tile_path(bad)) << bad;
  }
  // The example of the specification: 70,000 leaves.
  EXPECT_EQ(tile_in_tree(0, 273, 70'000)->width, 112u);
  EXPECT_FALSE(tile_in_tree(0, 274, 70'000));
  EXPECT_EQ(tile_in_tree(1, 1, 70'000)->width, 17u);
  EXPECT_EQ(tile_in_tree(2, 0, 70'000)->width, 1u);
  EXPECT_FALSE(tile_in_tree(3, 0, 70'000));
}

TEST(Tiles, EdgeRestoresAtEverySize) {
  Edge edge;
  std::vector<FullTile> completed;
  Frontier frontier;
  for (int i = 0; i < 70'000; ++i) {
    const Digest leaf = leaf_hash(std::to_string(i));
    edge.append(leaf, completed);
    frontier.append(leaf);
    if (i % 251 == 0 || (i & 0xFF) == 0xFF) {
      const Edge again = Edge::restore(edge.levels());
      ASSERT_EQ(again.root(), frontier.root());
      ASSERT_EQ(again.size(), frontier.size());
    }
  }
  EXPECT_EQ(completed.size(), 273u + 1u);
  EXPECT_EQ(edge.levels().at(2).size(), 1u);
}

TEST(Tiles, Bundles) {
  std::string bytes;
  append_bundled(bytes, "");
  append_bundled(bytes, "abc");
  append_bundled(bytes, std::string(limits::kLedgerEntryBytesMax, 'x'));
  const auto entries = parse_bundle(bytes, 3);
  ASSERT_TRUE(entries);
  EXPECT_EQ((*entries)[1], "abc");
  EXPECT_FALSE(parse_bundle(bytes, 2));
  EXPECT_FALSE(parse_bundle(bytes, 4));
  EXPECT_FALSE(parse_bundle(bytes.substr(0, bytes.size() - 1), 3));
  EXPECT_FALSE(parse_tile(std::string(31, 'x'), 1));
  EXPECT_FALSE(parse_tile(std::string(64, 'x'), 1));
}

TEST(Journal, TornTailsAreCutAndHolesAreNot) {
  const std::string a = encode_batch(0, {"one", "two"}, "note a");
  const std::string b = encode_batch(2, {"three"}, "note b");
  const std::string zeros(100, '\0');
  auto both = decode_journal(a + b + zeros, 0);
  ASSERT_TRUE(both);
  ASSERT_EQ(both->batches.size(), 2u);
  EXPECT_EQ(both->batches[1].checkpoint, "note b");
  EXPECT_FALSE(both->unfinished_tail);
  EXPECT_EQ(decode_journal(a + b + zeros, 2)->batches.size(), 1u);
  EXPECT_EQ(decode_journal(a + b + zeros, 3)->batches.size(), 0u);
  for (size_t keep = 0; keep < b.size(); ++keep) {
    const auto torn = decode_journal(a + b.substr(0, keep) + zeros, 0);
    ASSERT_TRUE(torn);
    EXPECT_EQ(torn->batches.size(), 1u);
    EXPECT_EQ(torn->unfinished_tail, keep > 0);
  }
  for (size_t at = 0; at < a.size(); ++at) {  // damage that a whole record follows
    std::string changed = a;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    EXPECT_FALSE(decode_journal(changed + b, 0)) << at;
  }
  EXPECT_FALSE(decode_journal(b, 0));               // a gap
  EXPECT_FALSE(decode_journal(b + a, 1));           // another order
  EXPECT_TRUE(decode_journal(b.substr(3) + a, 2));  // stale remains
}

}  // namespace
}  // namespace weir::ledger
