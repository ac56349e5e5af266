// SKILL.md. Beyond not crashing: what is accepted holds to the rules that a reader can check for himself.
#include <cstdlib>

#include "base/bytes.h"
#include "skill/limits.h"
#include "skill/skill_md.h"
#include "skill/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto skill = weir::skill::parse_skill_md(text, "");
  if (!skill) return 0;
  const bool good =
      weir::skill::is_name(skill->name) && !skill->description.empty() && text.starts_with("---\n") &&
      weir::skill::count_chars(skill->description) <= weir::skill::kDescriptionCharsMax &&
      weir::skill::check_visible(skill->description, "").has_value() && text.ends_with(skill->body);
  if (!good) std::abort();
  return 0;
}
