"""The rules of tools/tidy, as tables.  A rule is changed here, with its reason in the message."""

import dataclasses
import re

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

CODE_FOLDERS = ("proto/", "libs/", "services/", "tools/", "tests/", "deploy/")
DATA_SUFFIXES = (".bin", ".gz", ".xz", ".zst", ".png", ".zip", ".csv", ".tsv", "package-lock.json")
TOP_ENTRIES = {
    "CMakeLists.txt", "CMakePresets.json", "proto", "services", "libs", "tools", "tests", "deploy", "README.md", "LICENSE",
    ".ci", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes",
}
EMPTY_NAME = re.compile(r"(^|_)(utils?|common|helpers?|misc|manager)([_.]|$)", re.IGNORECASE)

# The floors of libs/README.md: a module includes modules of lower floors only.
FLOORS = {
    "libs/base": 0,
    "libs/domain": 1, "libs/postings": 1, "libs/measures": 1, "libs/event_log": 1, "libs/kafka": 1, "libs/rocksdb": 1,
    "libs/fleet": 1, "libs/fleet/kafka": 2,
    "libs/event_log/rocksdb": 2, "libs/event_log/copy": 2, "libs/event_log/kafka": 2, "libs/view_store": 2, "libs/adapters": 2, "libs/inbound": 2,
    "libs/metrics": 2,
    "libs/ledger": 3, "libs/projection": 3,
    "libs/inbound/kafka": 4, "libs/rpc": 4,
    "libs/serving": 5,
}
TOP_FLOORS = {"services": 6, "tools": 6, "tests": 7}
# The exceptions: what one event does to a figure depends on the state that the rules keep.
SAME_FLOOR = {"libs/postings": {"libs/domain"}}

PURE = {"libs/domain", "libs/postings", "libs/measures", "libs/event_log", "libs/fleet"}
IMPURE = (r"(thread|mutex|shared_mutex|condition_variable|future|atomic|fstream|iostream|filesystem|random|cstdio|ctime"
          r"|unistd\.h|sys/.*|absl/(synchronization|time/clock)\b.*|libs/base/clock\.h)$")

# A test may use a real log or store of this floor instead of a mock.
REAL_THINGS_FOR_TESTS = 2

# (what is included, where it may be, whether any test may, what to do elsewhere)
INCLUDES = [
    (r"grpc(pp)?/|.*\.grpc\.pb\.h$", ("libs/rpc/", "services/", "tools/", "tests/"), False,
     "return absl::Status and plain messages; only libs/rpc and what stands on it know gRPC"),
    (r"librdkafka/", ("libs/kafka/", "libs/event_log/kafka/", "libs/fleet/kafka/", "tests/", "tools/"), False,
     "use EventLog or Placement; only libs/kafka and the kafka folders know librdkafka"),
    (r"prometheus/", ("libs/metrics/",), False, "say it to a Scrape; only libs/metrics knows prometheus-cpp"),
    (r"rocksdb/", ("libs/rocksdb/", "libs/event_log/rocksdb/", "libs/view_store/", "libs/ledger/decider_store"), True,
     "use EventLog, ViewStore or DeciderStore; only these know RocksDB"),
]


def is_code(source):
    name = source.path.rsplit("/", 1)[-1]
    return source.path.endswith((".cc", ".h", ".proto", ".py", ".sh", ".cmake", ".js", ".ts")) or (
        name == "CMakeLists.txt" or source.text.startswith("#!"))


def is_cpp(source):
    return source.is_cpp


def in_libs(source):
    return source.is_cpp and source.path.startswith("libs/") and not source.is_test


def near_money(source):
    exact = ("libs/base/", "libs/domain/", "libs/postings/", "libs/ledger/", "libs/projection/", "libs/event_log/")
    return source.is_cpp and source.path.startswith(exact) and not source.is_test


def production(source):
    return source.is_cpp and not source.is_test


@dataclasses.dataclass(frozen=True)
class Banned:
    """A pattern that no line may match; `reason_allows` accepts it beside a comment that says why.

    With `reason_word` one comment with that word serves the whole file; `unless_before` looks at the line before.
    """

    pattern: re.Pattern
    applies: object
    what: str
    advice: str
    code_only: bool = True
    reason_allows: bool = False
    reason_word: str = None
    unless_before: re.Pattern = None


def banned(pattern, applies, what, advice, **options):
    return Banned(re.compile(pattern), applies, what, advice, **options)


# The brackets within words keep these lines from matching themselves.
BANNED = [
    banned(r"\b(sleep_for|sleep_until|usleep|nanosleep|SleepFor)\b|(?<![\w.])sleep\s*\(", is_cpp, "sleeps",
           "wait for the thing itself: a condition with a deadline, or a ManualClock in a test"),
    banned(r"\btime\.slee[p]\b|^\s*(.*[;&|]\s*)?slee[p]\s+[\d$.]", lambda s: s.is_test and not s.is_cpp, "a test that sleeps",
           "wait for the thing itself, with a limit"),
    banned(r"\b(system_clock|high_resolution_clock)::now\b|\babsl::Now\s*\(|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0)\s*\)",
           lambda s: s.is_cpp and s.path != "libs/base/clock.cc", "reads the wall clock",
           "take a Clock (libs/base/clock.h), or the time as an argument"),
    banned(r"(?<![\w:.>])(std::)?s?rand\s*\(", is_cpp, "rand()", "use std::mt19937_64 with a seed that is printed"),
    banned(r"\bstd::(cout|cerr|clog)\b|\b(f|v|vf)?printf\s*\(|\bfmt::print\s*\(|\bputs\s*\(", in_libs, "a library that prints",
           "return a value or a status; only a main prints"),
    banned(r"^(?!.*(\b(unique|shared)_ptr\b|\bWrapUnique\b|\breset\s*\().*\bnew\b).*\bnew\s+[A-Za-z_:]", is_cpp,
           "new that nobody owns at once", "std::make_unique, or hand it to a unique_ptr on the same line, or say in a comment who deletes it",
           reason_allows=True, unless_before=re.compile(r"\b(unique_ptr|WrapUnique)\b[^;]*$")),
    banned(r"\bdelete\b\s*(\[\s*\]\s*)?[A-Za-z_(*]", is_cpp, "delete by hand", "let a unique_ptr own it", reason_allows=True),
    banned(r"\b(shared_ptr|make_shared|weak_ptr)\s*<", production, "shared ownership without a reason",
           "one owner and references, or say in a comment who shares it and why", reason_allows=True, reason_word="share[sd]?\\b"),
    banned(r"\b(MOCK_METHO[D]\w*|EXPECT_CAL[L]|ON_CAL[L])\b", is_cpp, "a mock",
           "use the real code on an in-memory environment, a ManualClock or a log that fails on demand"),
    banned(r"\b(GTEST_SKI[P]|DISABLE[D]_)", is_code, "a test that does not run", "mend it or delete it", code_only=False),
    banned(r"^\s*#\s*if\s+0\b", is_cpp, "code that is switched off", "delete it; git remembers"),
    banned(r"\b(TO[D]O|FIXM[E]|XX[X]|HAC[K])\b", is_code, "something left for later", "finish it, or file an issue",
           code_only=False),
    banned(r"//\s*([-=*#]{4,}|Step \d)", is_cpp, "a banner", "let the names speak; a comment says why", code_only=False),
    banned(r"\bcatch\s*\(\s*\.\.\.\s*\)", lambda s: s.is_cpp and not s.path.endswith("main.cc"), "catch (...)",
           "catch what the callee is documented to throw; only a main may catch everything"),
    banned(r"(?<!std::)\bthrow\b", in_libs, "throws", "return absl::Status; no exception crosses a module"),
    banned(r"\b(double|float)\b", near_money, "floating point near money, the log or the fold",
           "whole pence and counts, or boost::multiprecision::cpp_rational"),
    banned(r"\bgrpc::", lambda s: s.is_cpp and s.path.startswith("libs/") and not s.path.startswith("libs/rpc/"),
           "gRPC below libs/rpc", "return absl::Status; libs/rpc converts it, once"),
    banned(r"\busing\s+namespace\b", lambda s: s.is_cpp and s.path.endswith(".h"), "using namespace in a header",
           "name what is used"),
    banned(r"\.detach\s*\(\s*\)", is_cpp, "a thread that nobody waits for", "join it in the owner's destructor"),
]
