#include "skill/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "skill/limits.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

Error wrong(archive* reader) {
  const char* why = archive_error_string(reader);
  return bad_input(
      fmt::format("the archive cannot be read: {}", why == nullptr ? "it is damaged" : shown(why)));
}

Result<std::string> read_bytes(archive* reader, const std::string& path, size_t& total) {
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const la_ssize_t got = archive_read_data(reader, buffer, sizeof(buffer));
    if (got < 0) return wrong(reader);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
    total += static_cast<size_t>(got);
    if (bytes.size() > kFileBytesMax)
      return too_large(fmt::format("more than {} bytes", kFileBytesMax), path);
    if (total > kPackageBytesMax)
      return too_large(fmt::format("more than {} bytes in all files", kPackageBytesMax), path);
  }
}

// "SKILL.md" for "./pdf/SKILL.md" in "pdf": the one folder that all is in is taken off.
std::string take_off_folder(std::vector<File>& files) {
  if (files.empty()) return {};
  const size_t slash = files[0].path.find('/');
  if (slash == std::string::npos) return {};
  const std::string folder = files[0].path.substr(0, slash);
  const bool all = std::all_of(files.begin(), files.end(),
                               [&](const File& file) { return file.path.starts_with(folder + "/"); });
  if (!all) return {};
  for (File& file : files) file.path.erase(0, slash + 1);
  return folder;
}

void put_octal(std::string& header, size_t at, size_t digits, size_t value) {
  const std::string text = fmt::format("{:0{}o}", value, digits);
  header.replace(at, digits, text);
}

// ustar (POSIX.1-1988). Paths longer than 100 bytes go into prefix and name; check_path bounds both.
Result<std::string> tar_header(const File& file) {
  std::string header(512, '\0');
  std::string_view name = file.path;
  if (name.size() > 100) {
    const size_t slash = name.find('/', name.size() - 101);
    if (slash == std::string_view::npos || slash > 155)
      return too_large("a path that no tar holds", file.path);
    header.replace(345, slash, name.substr(0, slash));
    name.remove_prefix(slash + 1);
  }
  header.replace(0, name.size(), name);
  put_octal(header, 100, 7, 0644);
  put_octal(header, 108, 7, 0);
  put_octal(header, 116, 7, 0);
  put_octal(header, 124, 11, file.bytes.size());
  put_octal(header, 136, 11, 0);
  header[156] = '0';
  header.replace(257, 8, std::string("ustar\00000", 8));
  header.replace(148, 8, "        ");
  size_t sum = 0;
  for (const char c : header) sum += static_cast<uint8_t>(c);
  put_octal(header, 148, 6, sum);
  header[154] = '\0';
  return header;
}

}  // namespace

Result<Unpacked> unpack(std::string_view bytes) {
  if (bytes.size() > kArchiveBytesMax)
    return too_large(fmt::format("an archive of more than {} bytes", kArchiveBytesMax));
  const std::unique_ptr<archive, FreeReader> reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return wrong(reader.get());
  std::vector<File> files;
  size_t total = 0;
  for (size_t entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(reader.get(), &entry);
    if (got == ARCHIVE_EOF) break;
    if (got != ARCHIVE_OK) return wrong(reader.get());
    if (entries == kArchiveEntriesMax)
      return too_large(fmt::format("an archive of more than {} entries", kArchiveEntriesMax));
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) return bad_input("an entry without a name that can be read");
    std::string path = raw;
    if (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr)
      return bad_input("a link in the archive", shown(path));
    while (path.starts_with("./")) path.erase(0, 2);
    if (archive_entry_filetype(entry) == AE_IFDIR) {
      while (path.ends_with('/')) path.pop_back();
      if (!path.empty() && path != ".") WEIR_TRY(check_path(path));
      continue;
    }
    if (archive_entry_filetype(entry) != AE_IFREG)
      return bad_input("neither a file nor a folder", shown(path));
    if (archive_entry_is_encrypted(entry) != 0) return unsupported("an encrypted archive", shown(path));
    WEIR_TRY(check_path(path));
    if (files.size() == kFilesMax) return too_large(fmt::format("more than {} files", kFilesMax));
    WEIR_TRY_ASSIGN(content, read_bytes(reader.get(), path, total));
    files.push_back({std::move(path), std::move(content)});
  }
  if (files.empty()) return bad_input("there is no file in the archive", {}, "a tar, a gzipped tar or a zip");
  Unpacked out;
  out.folder = take_off_folder(files);
  WEIR_TRY_ASSIGN(package, Package::make(std::move(files)));
  out.package = std::move(package);
  return out;
}

Result<std::string> pack(const Package& package) {
  std::string tar;
  for (const File& file : package.files()) {
    WEIR_TRY_ASSIGN(header, tar_header(file));
    tar += header;
    tar += file.bytes;
    tar.append((512 - file.bytes.size() % 512) % 512, '\0');
  }
  tar.append(1'024, '\0');
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{Code::internal, "gzip cannot start", {}, {}};
  std::string out(deflateBound(&stream, tar.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(tar.data());
  stream.avail_in = static_cast<unsigned>(tar.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return Error{Code::internal, "gzip failed", {}, {}};
  return out;
}

}  // namespace weir::skill
