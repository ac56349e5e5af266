// The bounds of a skill and of what is said about skills. Each is tested at the limit and one past it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::skill {

inline constexpr size_t kNameBytesMax = 64;
inline constexpr size_t kDescriptionCharsMax = 1'024;
inline constexpr size_t kCompatibilityCharsMax = 500;
inline constexpr size_t kLicenseCharsMax = 500;
inline constexpr size_t kMetadataMax = 64;
inline constexpr size_t kMetadataCharsMax = 1'024;  // of a key, of a value
inline constexpr size_t kAllowedToolsMax = 128;
inline constexpr size_t kFrontMatterBytesMax = size_t{16} << 10;
inline constexpr size_t kSkillMdBytesMax = size_t{256} << 10;

inline constexpr size_t kFilesMax = 1'000;
inline constexpr size_t kFileBytesMax = size_t{8} << 20;
inline constexpr size_t kPackageBytesMax = size_t{32} << 20;
inline constexpr size_t kPathBytesMax = 240;
inline constexpr size_t kPathPartsMax = 10;
inline constexpr size_t kFolderEntriesMax = 4'000;  // looked at, folders included

inline constexpr size_t kPermissionsMax = 128;  // of one kind
inline constexpr size_t kPermissionBytesMax = 256;

inline constexpr size_t kBundleBytesMax = size_t{1} << 20;
inline constexpr size_t kCertificatesMax = 8;  // of one chain
inline constexpr size_t kKeyFileBytesMax = size_t{64} << 10;
inline constexpr size_t kSignersMax = 64;

inline constexpr size_t kArchiveBytesMax = size_t{32} << 20;
inline constexpr size_t kArchiveEntriesMax = 4'000;

inline constexpr size_t kIndexBytesMax = size_t{4} << 20;
inline constexpr size_t kIndexSkillsMax = 5'000;
inline constexpr size_t kRevokedMax = 20'000;
inline constexpr int64_t kCatalogueMsMax = int64_t{366} * 24 * 3'600'000;  // that one may be good for

inline constexpr size_t kAdvisoriesBytesMax = size_t{16} << 20;
inline constexpr size_t kAdvisoriesMax = 20'000;
inline constexpr size_t kAdvisoryVersionsMax = 10'000;

inline constexpr size_t kPinnedMax = 1'000;
inline constexpr size_t kSkillFoldersMax = 200;  // looked through for skills
inline constexpr size_t kFoundMax = 2'000;
inline constexpr size_t kFindingsMax = 200;                  // of one scan; more are counted
inline constexpr size_t kTracedBytesMax = size_t{16} << 20;  // of all skills' texts that trace learns

}  // namespace weir::skill
