#include "gateway/vouches.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/gateway.h"

namespace weir::gateway {

Vouches::Vouches(Gateway& gateway, manifest::TrustRules configured)
    : gateway_(gateway), configured_(std::move(configured)), trust_(configured_) {}

void Vouches::configure(manifest::TrustRules configured) {
  configured_ = std::move(configured);
  changed();
}

void Vouches::restore(std::vector<session::Vouch> vouches) {
  vouches_ = std::move(vouches);
  changed();
}

void Vouches::changed() {
  trust_ = configured_;
  for (const session::Vouch& vouch : vouches_) {
    if (!vouch.origin.empty()) (void)trust_.add({vouch.origin, true, {}, "vouch " + vouch.id}).has_value();
  }
  gateway_.workspace().set_vouches(vouches_);
}

void Vouches::add(session::Vouch vouch, std::function<void(Result<session::Vouch>)> done) {
  vouch.id = "v" + gateway_.new_grant_id().substr(1);
  vouch.made_wall_ms = gateway_.now().wall_ms;
  if (vouch.expired(vouch.made_wall_ms)) return done(bad_input("it would be over already", "/expires"));
  if (vouch.origin.empty()) {
    const seal::SealedPtr value = gateway_.workspace().sealed(vouch.session, vouch.number);
    if (value == nullptr)
      return done(Error{Code::not_found,
                        fmt::format("there is no v{} in session {}", vouch.number, shown(vouch.session)),
                        {},
                        "weir log --session ID shows its values"});
    vouch.content = session::content_digest(*value);
  } else {
    manifest::TrustRules check;
    if (auto added = check.add({vouch.origin, true, {}, "/origin"}); !added) return done(added.error());
  }
  gateway_.recorder().vouch(vouch, false, [this, vouch, done](const Result<uint64_t>& entry) {
    if (!entry) return done(entry.error());
    const StoredGrant stored{vouch.id, session::vouch_json(vouch), vouch.expires_wall_ms};
    gateway_.store().write(
        [stored, now = vouch.made_wall_ms](Store& store) { return store.put_grant(stored, now); },
        [this, vouch, done](const Status& status) {
          if (!status) return done(status.error());
          vouches_.push_back(vouch);
          changed();
          done(vouch);
        });
  });
}

void Vouches::remove(const std::string& id, std::function<void(Result<bool>)> done) {
  const auto at = std::find_if(vouches_.begin(), vouches_.end(),
                               [&](const session::Vouch& vouch) { return vouch.id == id; });
  if (at == vouches_.end()) return done(false);
  const session::Vouch vouch = *at;
  // It stops counting at once; only then is that made durable.
  vouches_.erase(at);
  changed();
  gateway_.recorder().vouch(vouch, true, [](const Result<uint64_t>&) {});
  gateway_.store().run<bool>([id](Store& store) { return store.remove_grant(id); }, std::move(done));
}

void Vouches::expire() {
  const int64_t wall = gateway_.now().wall_ms;
  const size_t gone =
      std::erase_if(vouches_, [&](const session::Vouch& vouch) { return vouch.expired(wall); });
  if (gone > 0) changed();
}

}  // namespace weir::gateway
