// Vouches: what persons vouch for at run time, and the trust rules that come of it.
//
// A vouch is on the ledger and durable before it counts; it stops counting when it expires or is taken back.
// What was read under it before keeps the label that it had then. One event loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manifest/trust.h"
#include "session/vouch.h"

namespace weir::gateway {

class Gateway;

class Vouches {
 public:
  // `configured`: the rules of weir.toml. The gateway must outlive this.
  Vouches(Gateway& gateway, manifest::TrustRules configured);
  // weir.toml was read again.
  void configure(manifest::TrustRules configured);

  // Of the last run; without those that are over.
  void restore(std::vector<session::Vouch> vouches);
  const std::vector<session::Vouch>& all() const { return vouches_; }
  // The rules of weir.toml and of the vouches; the same object all the time.
  const manifest::TrustRules& trust() const { return trust_; }

  // Gives it an id; for a value takes the digest of what it is now. Error: bad_input for a pattern that is
  // none, not_found for a value that is not there.
  void add(session::Vouch vouch, std::function<void(Result<session::Vouch>)> done);
  // False: there is no such vouch.
  void remove(const std::string& id, std::function<void(Result<bool>)> done);
  // To be called a few times a second.
  void expire();

 private:
  void changed();

  Gateway& gateway_;
  manifest::TrustRules configured_;
  manifest::TrustRules trust_;
  std::vector<session::Vouch> vouches_;
};

}  // namespace weir::gateway
