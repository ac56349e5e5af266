// Bundles of the reference implementation and of the published minisign (tests/skills/vectors), our own, and
// every way to break them.
#include "skill/signers.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/json.h"
#include "skill/folder.h"
#include "skill/limits.h"
#include "skill/oms.h"

namespace weir::skill {
namespace {

using State = Signature::State;

const std::string kVectors = std::string(WEIR_SOURCE_DIR) + "/tests/skills/vectors";
constexpr int64_t kNow = 1'800'000'000'000;  // 2027

std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Skill vector(const std::string& name) {
  auto package = read_folder(kVectors + "/" + name + "/oms-demo");
  EXPECT_TRUE(package.has_value());
  auto skill = read_skill(std::move(*package), "oms-demo");
  EXPECT_TRUE(skill.has_value());
  return std::move(*skill);
}

// The same skill with its files changed.
Skill changed(const Skill& skill, const std::function<void(std::vector<File>&)>& change) {
  std::vector<File> files = skill.package.files();
  change(files);
  auto package = Package::make(std::move(files));
  EXPECT_TRUE(package.has_value());
  auto again = read_skill(std::move(*package), "oms-demo");
  EXPECT_TRUE(again.has_value()) << again.error().text();
  return std::move(*again);
}

std::vector<Signer> signer(const std::string& key_file) {
  auto one = read_signer("acme", file(kVectors + "/" + key_file));
  EXPECT_TRUE(one.has_value()) << one.error().text();
  one->trusted = true;
  return {*one};
}

std::string new_key(const char* curve) {
  EVP_PKEY* key = EVP_EC_gen(curve);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(length));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

class Vectors : public testing::TestWithParam<const char*> {};

TEST_P(Vectors, OfTheReferenceAreAccepted) {
  const Skill skill = vector(GetParam());
  const auto signature = check_signature(skill, signer(std::string(GetParam()) + ".pub"), kNow);
  ASSERT_TRUE(signature.has_value()) << signature.error().text();
  EXPECT_EQ(signature->state, State::good);
  EXPECT_TRUE(signature->trusted);
}
INSTANTIATE_TEST_SUITE_P(Curves, Vectors, testing::Values("p256", "p384", "p521", "minisign"));

TEST(Signers, CertificateOfTheReferenceIsAccepted) {
  const Skill skill = vector("cert");
  std::vector<Signer> acme = signer("ca.pem");
  acme[0].identity = "release@acme.example";
  auto signature = check_signature(skill, acme, kNow);
  ASSERT_TRUE(signature.has_value()) << signature.error().text();
  EXPECT_EQ(signature->state, State::good);
  EXPECT_EQ(signature->form, "oms certificate");
  acme[0].identity = "somebody@acme.example";
  signature = check_signature(skill, acme, kNow);
  ASSERT_TRUE(signature.has_value());
  EXPECT_EQ(signature->state, State::stranger);
  acme[0].identity = "release@acme.example";
  EXPECT_EQ(check_signature(skill, acme, 0)->state, State::stranger);  // the certificate is of later
  // Another authority of the same name.
  EXPECT_EQ(check_signature(skill, signer("p256.pub"), kNow)->state, State::stranger);
}

TEST(Signers, NoSignatureAndStrangers) {
  const Skill skill = vector("p256");
  EXPECT_EQ(check_signature(skill, {}, kNow)->state, State::stranger);
  EXPECT_EQ(check_signature(skill, signer("p384.pub"), kNow)->state, State::stranger);
  const Skill bare = changed(skill, [](auto& files) {
    std::erase_if(files, [](const File& each) { return each.path == kBundleFile; });
  });
  EXPECT_EQ(check_signature(bare, signer("p256.pub"), kNow)->state, State::none);
  EXPECT_EQ(check_signature(vector("minisign"), signer("p256.pub"), kNow)->state, State::stranger);
}

TEST(Signers, OnlyForTheNamesThatItMaySign) {
  std::vector<Signer> acme = signer("p256.pub");
  acme[0].skills = {"acme-*"};
  EXPECT_FALSE(check_signature(vector("p256"), acme, kNow).has_value());
  acme[0].skills = {"acme-*", "oms-*"};
  EXPECT_TRUE(check_signature(vector("p256"), acme, kNow).has_value());
}

TEST(Signers, ChangedExtraAndMissingFilesAreNamed) {
  for (const char* vector_name : {"p256", "minisign"}) {
    const Skill skill = vector(vector_name);
    const std::vector<Signer> acme = signer(std::string(vector_name) + ".pub");
    const auto refused = [&](const Skill& other, const std::string& named) {
      const auto signature = check_signature(other, acme, kNow);
      ASSERT_FALSE(signature.has_value()) << named;
      if (std::string_view(vector_name) == "p256") {
        EXPECT_NE(signature.error().where.find(named), std::string::npos) << signature.error().text();
      }
    };
    refused(changed(skill, [](auto& files) { files.push_back({"extra.txt", ""}); }), "extra.txt");
    refused(changed(skill,
                    [](auto& files) {
                      std::erase_if(files, [](const File& each) { return each.path == "scripts/hello.sh"; });
                    }),
            "scripts/hello.sh");
    refused(changed(skill,
                    [](auto& files) {
                      for (File& each : files)
                        if (each.path == kPermissionsFile)
                          each.bytes = "version = \"1.0\"\neffects = [\"send\"]\n";
                    }),
            "weir-skill.toml");
    refused(changed(skill,
                    [](auto& files) {
                      for (File& each : files)
                        if (each.path == kSkillFile) each.bytes.back() = ' ';
                    }),
            "SKILL.md");
  }
}

// Every bit of a signed file but the signature's own JSON layout.
TEST(Signers, OneFlippedBitAnywhereIsRefused) {
  for (const char* vector_name : {"p256", "minisign", "cert"}) {
    const Skill skill = vector(vector_name);
    std::vector<Signer> acme =
        signer(std::string(vector_name) == "cert" ? "ca.pem" : std::string(vector_name) + ".pub");
    if (acme[0].authorities) acme[0].identity = "release@acme.example";
    size_t tried = 0;
    for (size_t f = 0; f < skill.package.files().size(); ++f) {
      const std::string bytes = skill.package.files()[f].bytes;
      for (size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 200) {
        std::vector<File> files = skill.package.files();
        files[f].bytes[at] = static_cast<char>(files[f].bytes[at] ^ 1 << at % 8);
        auto package = Package::make(std::move(files));
        auto read = read_skill(std::move(*package), "oms-demo");
        ++tried;
        if (!read) continue;
        const auto signature = check_signature(*read, acme, kNow);
        if (!signature || signature->state != State::good) continue;
        // What may differ says nothing that counts: an untrusted comment, a hint, a key id.
        EXPECT_TRUE(Package::is_signature(skill.package.files()[f].path))
            << skill.package.files()[f].path << " byte " << at;
        EXPECT_EQ(read->digest, skill.digest);
      }
    }
    EXPECT_GT(tried, 200U);
  }
}

class OwnBundles : public testing::TestWithParam<const char*> {};

TEST_P(OwnBundles, SignedAndVerified) {
  const auto key = EcKey::read_private(new_key(GetParam()));
  ASSERT_TRUE(key.has_value());
  const Skill skill = vector("p256");
  const auto bundle = sign_bundle(skill.package, "oms-demo", *key, nullptr);
  ASSERT_TRUE(bundle.has_value());
  const Skill again = changed(skill, [&](auto& files) {
    for (File& each : files)
      if (each.path == kBundleFile) each.bytes = *bundle;
  });
  EXPECT_EQ(check_signature(again, {{.name = "own", .key = *key}}, kNow)->state, State::good);
  EXPECT_EQ(check_signature(again, signer("p256.pub"), kNow)->state, State::stranger);
}
INSTANTIATE_TEST_SUITE_P(Curves, OwnBundles, testing::Values("P-256", "P-384", "P-521"));

TEST(Keys, OthersAreRefused) {
  EXPECT_FALSE(EcKey::read_private(new_key("secp256k1")).has_value());
  EXPECT_FALSE(EcKey::read_public("").has_value());
  EXPECT_FALSE(EcKey::read_public(file(kVectors + "/ca.pem")).has_value());
  EXPECT_FALSE(read_signer("a", new_key("P-256")).has_value());  // a private key is nobody's sign
}

// Statements that are signed well and say something that must not be.
TEST(Oms, StatementsThatHideFiles) {
  const Skill skill = vector("p256");
  const std::string good = parse_bundle(*skill.package.find(kBundleFile))->payload;
  ASSERT_TRUE(parse_statement(good).has_value());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return parse_statement(text);
  };
  EXPECT_FALSE(with("\".gitignore\"", "\"scripts\"").has_value());
  EXPECT_FALSE(with("\"files\"", "\"shards\"").has_value());
  EXPECT_FALSE(with("\"scripts/hello.sh\"", "\"../hello.sh\"").has_value());
  EXPECT_FALSE(with("\"scripts/hello.sh\"", "\"/hello.sh\"").has_value());
  EXPECT_FALSE(with("\"scripts/hello.sh\"", "\"SKILL.md\"").has_value());
  EXPECT_FALSE(with("\"hash_type\": \"sha256\"", "\"hash_type\": \"md5\"").has_value());
  EXPECT_FALSE(with("\"hash_type\"", "\"shard_size\": 1, \"hash_type\"").has_value());
  EXPECT_FALSE(with("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0").has_value());
  EXPECT_FALSE(with("signature/v1.0", "signature/v2.0").has_value());
}

TEST(Oms, BundlesOfOtherShapes) {
  const std::string good(*vector("p256").package.find(kBundleFile));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_bundle(text);
  };
  EXPECT_TRUE(parse_bundle(good).has_value());
  EXPECT_FALSE(with("v0.3+json", "v0.9+json").has_value());
  EXPECT_FALSE(with("vnd.in-toto+json", "vnd.other+json").has_value());
  EXPECT_FALSE(with("\"signatures\":[", "\"signatures\":[{\"sig\":\"\"},").has_value());
  EXPECT_FALSE(with("\"publicKey\":", "\"certificate\":").has_value());
  EXPECT_FALSE(parse_bundle(std::string(kBundleBytesMax + 1, ' ')).has_value());
}

}  // namespace
}  // namespace weir::skill
