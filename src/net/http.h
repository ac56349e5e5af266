// Headers: an ordered list of header fields with names that compare without case (RFC 9110 section 5).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::net {

struct Header {
  std::string name, value;
};

// Keeps order, spelling and repeated fields. Looks up in linear time; kHttpHeadersMax bounds what a peer
// sends. Does not check what is put in: Server and Client leave out a field that is no valid one (is_valid).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  // The first field of that name. The view lasts until the Headers change.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  size_t count(std::string_view name) const;
  // All fields of that name become this one, in the place of the first.
  void set(std::string_view name, std::string value);
  void add(std::string_view name, std::string value) {
    fields_.push_back({std::string(name), std::move(value)});
  }
  // Removes all fields of that name; how many there were.
  size_t remove(std::string_view name);

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  void reserve(size_t count) { fields_.reserve(count); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Header> fields_;
};

// Removes what concerns one connection only (RFC 9110 section 7.6.1): the fields that Connection names,
// Connection, Keep-Alive, Proxy-* , TE, Trailer, Transfer-Encoding, Upgrade; and Content-Length, which the
// framing writes anew.
void remove_hop_by_hop(Headers& headers);

// ASCII only, as header names and schemes compare.
bool equal_ignore_case(std::string_view a, std::string_view b);
// RFC 9110 section 5.6.2, not empty.
bool is_token(std::string_view text);
// A field-value: no control characters but the tab.
bool is_field_value(std::string_view text);
inline bool is_valid(const Header& header) {
  return is_token(header.name) && is_field_value(header.value);
}
// True when the comma-separated list (as in Connection) has the token, compared without case.
bool list_has(std::string_view list, std::string_view token);

// "Not Found" for 404; "Status" for one that has no name here.
std::string_view reason_phrase(int status);

}  // namespace weir::net
