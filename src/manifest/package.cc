#include "manifest/package.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace weir::manifest {
namespace {

using Words = std::span<const std::string>;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";

std::string_view base_name(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending : {".exe", ".cmd"}) {
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  return name;
}

bool one_of(std::string_view word, std::span<const std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool made_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return kLower.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

// "@scope/name@version" → "npm:@scope/name". A tag or range of versions changes nothing of the name.
std::optional<std::string> npm_package(std::string_view word) {
  const size_t version = word.find('@', 1);
  const std::string_view name = word.substr(0, version);
  if (version != std::string_view::npos &&
      word.substr(version + 1).find_first_of("/:@") != std::string_view::npos)
    return std::nullopt;  // "name@npm:other", "name@github:a/b"
  if (name.starts_with('@')) {
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos || !made_of(name.substr(1, slash - 1), "-_.~") ||
        !made_of(name.substr(slash + 1), "-_.~"))
      return std::nullopt;
  } else if (!made_of(name, "-_.~") || name.front() == '.') {
    return std::nullopt;
  }
  return "npm:" + std::string(name);
}

// "Name[extra]==1.0" → "pypi:name", by PEP 503.
std::optional<std::string> pypi_package(std::string_view word) {
  std::string out = "pypi:";
  const std::string_view name = word.substr(0, word.find_first_of("=<>!~@[; "));
  if (word.find("://") != std::string_view::npos || word.find('/') != std::string_view::npos ||
      name.empty() || name.front() == '.' || name.front() == '-')
    return std::nullopt;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower == '_' || lower == '.' || lower == '-') {
      if (!out.ends_with('-')) out.push_back('-');
    } else if (kLower.find(lower) != std::string_view::npos) {
      out.push_back(lower);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

struct Options {
  std::span<const std::string_view> flags;    // stand alone
  std::span<const std::string_view> valued;   // take the next word, or "=…"
  std::span<const std::string_view> package;  // of these, the value is what is installed
};

// The first word that is no option, or the one value of a package option. Nothing where an option is not
// known: what follows it may be its value.
std::optional<std::string> first_package(Words words, const Options& options) {
  std::vector<std::string_view> packages;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") continue;
    if (!word.starts_with('-')) return std::string(packages.empty() ? word : packages.front());
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const bool is_package = one_of(name, options.package);
    if (is_package || one_of(name, options.valued)) {
      if (equals == std::string_view::npos && i + 1 >= words.size()) return std::nullopt;
      const std::string_view value =
          equals == std::string_view::npos ? std::string_view(words[++i]) : word.substr(equals + 1);
      if (is_package) packages.push_back(value);
      if (packages.size() > 1) return std::nullopt;  // whose command it is, nobody says
    } else if (!one_of(word, options.flags)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 18> kNpmFlags = {"-y",
                                                        "--yes",
                                                        "--no",
                                                        "--no-install",
                                                        "-q",
                                                        "--quiet",
                                                        "-s",
                                                        "--silent",
                                                        "--prefer-offline",
                                                        "--prefer-online",
                                                        "--offline",
                                                        "--ignore-existing",
                                                        "--verbose",
                                                        "-d",
                                                        "--bun",
                                                        "-b",
                                                        "--no-audit",
                                                        "--no-fund"};
constexpr std::array<std::string_view, 6> kNpmValued = {"--registry", "--prefix",     "--cache",
                                                        "--loglevel", "--userconfig", "--reporter"};
constexpr std::array<std::string_view, 2> kNpmPackage = {"-p", "--package"};
constexpr std::array<std::string_view, 10> kUvFlags = {"-q",         "--quiet",    "-v", "--verbose",
                                                       "--isolated", "--refresh",  "-n", "--no-cache",
                                                       "--offline",  "--no-config"};
constexpr std::array<std::string_view, 8> kUvValued = {
    "--with", "-p", "--python", "--index-url", "--index", "--default-index", "--directory", "--cache-dir"};
constexpr std::array<std::string_view, 2> kUvPackage = {"--from", "--spec"};

std::optional<std::string> npm(Words words) {
  const auto word = first_package(words, {kNpmFlags, kNpmValued, kNpmPackage});
  return word ? npm_package(*word) : std::nullopt;
}

std::optional<std::string> pypi(Words words) {
  const auto word = first_package(words, {kUvFlags, kUvValued, kUvPackage});
  return word ? pypi_package(*word) : std::nullopt;
}

// The package in whose folder a script lies, the innermost.
std::optional<std::string> in_node_modules(std::string_view path) {
  constexpr std::string_view kFolder = "node_modules/";
  const size_t at = path.rfind(kFolder);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return std::nullopt;
  std::string_view rest = path.substr(at + kFolder.size());
  size_t end = rest.find('/');
  if (rest.starts_with('@') && end != std::string_view::npos) end = rest.find('/', end + 1);
  if (end == std::string_view::npos || rest.find("..") != std::string_view::npos) return std::nullopt;
  return npm_package(rest.substr(0, end));
}

std::optional<std::string> node_script(Words words) {
  constexpr std::array<std::string_view, 5> kValued = {"-r", "--require", "--import", "--loader",
                                                       "--experimental-loader"};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (one_of(word, kValued)) {
      ++i;
    } else if (!word.starts_with('-')) {
      return in_node_modules(word);
    } else if (!word.starts_with("--")) {
      return std::nullopt;  // -e and the like: what follows is no script
    }
  }
  return std::nullopt;
}

std::optional<std::string> python_module(Words words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "-m") {
      if (i + 1 >= words.size()) return std::nullopt;
      const std::string_view module = words[i + 1];
      return pypi_package(module.substr(0, module.find('.')));
    }
    if (word == "-X" || word == "-W") {
      ++i;
    } else if (!word.starts_with('-') || word.starts_with("-c")) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

Words after(Words words, size_t count) {
  return words.subspan(std::min(count, words.size()));
}

std::optional<std::string> run_by(std::string_view program, Words args) {
  const std::string_view first = args.empty() ? std::string_view() : std::string_view(args[0]);
  const std::string_view second = args.size() < 2 ? std::string_view() : std::string_view(args[1]);
  if (program == "npx" || program == "bunx" || program == "pnpx") return npm(args);
  if (program == "npm" && (first == "exec" || first == "x")) return npm(after(args, 1));
  if ((program == "pnpm" || program == "yarn") && first == "dlx") return npm(after(args, 1));
  if (program == "bun" && first == "x") return npm(after(args, 1));
  if (program == "uvx") return pypi(args);
  if (program == "uv" && first == "tool" && second == "run") return pypi(after(args, 2));
  if (program == "pipx" && first == "run") return pypi(after(args, 1));
  if (program == "node" || program == "nodejs") return node_script(args);
  if (program == "python" || program.starts_with("python3") || program == "python2" || program == "py")
    return python_module(args);
  return std::nullopt;
}

// Programs that run what their arguments say, so that their own name says nothing.
bool runs_others(std::string_view program) {
  constexpr std::array<std::string_view, 27> kRunners = {
      "npx",  "bunx",   "pnpx",   "npm",  "pnpm", "yarn",  "bun",  "uvx",  "uv",
      "pipx", "node",   "nodejs", "deno", "py",   "sh",    "bash", "zsh",  "dash",
      "env",  "docker", "podman", "sudo", "ssh",  "nohup", "cmd",  "ruby", "java"};
  return one_of(program, kRunners) || program.starts_with("python");
}

}  // namespace

std::vector<std::string> server_names_of(const std::vector<std::string>& command) {
  Words words(command);
  // "env A=b npx …", "cmd /c npx …"
  while (!words.empty()) {
    const std::string_view program = base_name(words[0]);
    if (program == "env") {
      words = after(words, 1);
      while (!words.empty() && words[0].find('=') != std::string::npos && !words[0].starts_with('-'))
        words = after(words, 1);
    } else if (program == "cmd" && words.size() > 1 && (words[1] == "/c" || words[1] == "/C")) {
      words = after(words, 2);
    } else {
      break;
    }
  }
  if (words.empty()) return {};
  const std::string_view program = base_name(words[0]);
  if (auto package = run_by(program, after(words, 1))) return {std::move(*package)};
  if (auto package = in_node_modules(words[0])) return {std::move(*package)};
  if (program.empty() || program.front() == '-' || runs_others(program)) return {};
  return {"command:" + std::string(program)};
}

std::vector<std::string> server_names_of_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return {};
  const std::string_view host =
      url.substr(kScheme.size(), url.find_first_of("/?#", kScheme.size()) - kScheme.size());
  std::string out(kScheme);
  for (const char c : host) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (kLower.find(lower) == std::string_view::npos && lower != '.' && lower != '-' && lower != ':')
      return {};
    out.push_back(lower);
  }
  if (out.ends_with(":443")) out.resize(out.size() - 4);
  return out.size() == kScheme.size() ? std::vector<std::string>() : std::vector<std::string>{out};
}

}  // namespace weir::manifest
