#include "policy/label_attributes.h"

namespace weir::policy {

AttributeTable label_attributes() {
  using enum Polarity;
  using enum Attribute::Type;
  return {
      {"mode", {neutral, string}},
      {"effects", {neutral, set}},
      {"known", {neutral, boolean}},
      {"drifted", worse_when_true},
      {"side_effect", {neutral, boolean}},
      {"trusted", worse_when_false},
      {"untrusted_roles", worse_when_present},
      {"copied_roles", worse_when_present},
      {"remote", {neutral, boolean}},
      {"leaks", worse_when_true},
      {"url_copied_whole", worse_when_false},
      {"granted", {neutral, boolean}},
      {"released", {neutral, boolean}},
      {"intent", {neutral, string}},
      {"over_budget", worse_when_true},
  };
}

}  // namespace weir::policy
