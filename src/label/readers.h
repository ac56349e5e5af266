// Readers: who may see a piece of data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Everyone, or a finite set of names ("owner", "mailto:a@b.c"). Joining intersects, so more mixing never
// adds a reader. A plain value; sorted and without duplicates.
class Readers {
 public:
  Readers() = default;  // nobody
  static Readers everyone();
  static Readers owner() { return of({"owner"}); }
  // More than limits::kLabelReadersMax names: only those up to the bound (fewer readers is the safe side).
  static Readers of(std::vector<std::string> names);

  bool is_everyone() const { return everyone_; }
  bool contains(std::string_view name) const;
  bool includes_all(const std::vector<std::string>& names) const;
  // Sorted; empty for everyone() as well as for nobody.
  const std::vector<std::string>& names() const { return names_; }
  // For printing: ["public"] for everyone.
  std::vector<std::string> printed() const;

  Readers joined(const Readers& other) const;
  auto operator<=>(const Readers&) const = default;

 private:
  bool everyone_ = false;
  std::vector<std::string> names_;
};

}  // namespace weir
