#!/usr/bin/env python3
"""Plants one violation after another into a small clean tree, and expects tidy to name it, its line, and nothing else."""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader

sys.dont_write_bytecode = True
TIDY = pathlib.Path(__file__).resolve().parent / "tidy"
loader = SourceFileLoader("tidy", str(TIDY))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

CLEAN = {
    "libs/base/CMakeLists.txt": "realise_library(NAME base SRCS clock.cc money.cc TESTS money_test.cc)\n",
    "libs/base/README.md": "Base.\n",
    "libs/base/clock.h": "#pragma once\nint Now();\n",
    "libs/base/clock.cc": '#include "libs/base/clock.h"\nint Now() { return std::chrono::system_clock::now(); }\n',
    "libs/base/money.h": "#pragma once\nint Pence();\n",
    "libs/base/money.cc": '#include "libs/base/money.h"\nint Pence() { return 1\'000; }\n',
    "libs/base/money_test.cc": '#include "libs/base/money.h"\n',
    "libs/domain/CMakeLists.txt": "realise_library(\n  NAME domain\n  SRCS claim.cc\n  DEPS realise_base)  # never.cc\n",
    "libs/domain/README.md": "Domain.\n",
    "libs/domain/claim.h": '#pragma once\n#include "libs/base/money.h"\n',
    "libs/domain/claim.cc": '#include "libs/domain/claim.h"\n// A new day; it may double, throw or sleep(1).\nint x = 1;\n'
                            'const char* text = "double new Thing std::cout";\n',
    "libs/ledger/CMakeLists.txt": "realise_library(NAME ledger SRCS writer.cc DEPS realise_domain realise_base)\n",
    "libs/ledger/README.md": "Ledger.\n",
    "libs/ledger/writer.h": '#pragma once\n#include "libs/domain/claim.h"\n',
    "libs/ledger/writer.cc": '#include "libs/ledger/writer.h"\n',
    "proto/CMakeLists.txt": "realise_proto_library(realise_proto realise/v1/event.proto)\n",
    "proto/realise/v1/event.proto": 'syntax = "proto3";\n',
}
BODY = "  x = x + 1;\n"

# (name, file, text added to it, the line it is reported at, part of the message)
ADDED = [
    ("floor", "libs/domain/claim.cc", '#include "libs/ledger/writer.h"\n', 5, "libs/domain (floor 1) includes libs/ledger/writer.h (floor 3)"),
    ("same floor", "libs/domain/claim.cc", '#include "libs/postings/a.h"\n', 5, "include downwards only"),
    ("unknown folder", "libs/domain/claim.cc", '#include "libs/nowhere/a.h"\n', 5, "libs/nowhere stands on no floor"),
    ("tool from library", "libs/domain/claim.cc", '#include "tools/a.h"\n', 5, "(floor 6)"),
    ("grpc include", "libs/ledger/writer.cc", "#include <grpcpp/server.h>\n", 2, "only libs/rpc"),
    ("kafka include", "libs/ledger/writer.cc", "#include <librdkafka/rdkafka.h>\n", 2, "use EventLog"),
    ("rocksdb include", "libs/ledger/writer.cc", "#include <rocksdb/db.h>\n", 2, "only these know RocksDB"),
    ("prometheus include", "libs/ledger/writer.cc", "#include \"prometheus/registry.h\"\n", 2, "only libs/metrics"),
    ("pure", "libs/domain/claim.cc", "#include <thread>\n", 5, "is pure"),
    ("pure, clock", "libs/domain/claim.cc", '#include "libs/base/clock.h"\n', 5, "is pure"),
    ("sleep", "libs/base/money_test.cc", "std::this_thread::sleep_for(1ms);\n", 2, "sleeps"),
    ("usleep", "libs/ledger/writer.cc", "void F() { usleep(1); }\n", 2, "sleeps"),
    ("wall clock", "libs/ledger/writer.cc", "auto t = std::chrono::system_clock::now();\n", 2, "take a Clock"),
    ("rand", "libs/base/money_test.cc", "int r = rand();\n", 2, "seed that is printed"),
    ("cout", "libs/ledger/writer.cc", 'void F() { std::cout << "x"; }\n', 2, "only a main prints"),
    ("printf", "libs/ledger/writer.cc", 'void F() { fprintf(stderr, "x"); }\n', 2, "only a main prints"),
    ("new", "libs/ledger/writer.cc", "auto* a = new Thing();\n", 2, "new that nobody owns"),
    ("delete", "libs/ledger/writer.cc", "void F() { delete thing; }\n", 2, "delete by hand"),
    ("shared", "libs/ledger/writer.cc", "std::shared_ptr<int> a;\n", 2, "shared ownership without a reason"),
    ("mock", "libs/base/money_test.cc", "MOCK_" + "METHOD(int, F, ());\n", 2, "a mock"),
    ("skip", "libs/base/money_test.cc", "GTEST_" + "SKIP();\n", 2, "mend it or delete it"),
    ("disabled", "libs/base/money_test.cc", "TEST(A, DISABLED" + "_B) {}\n", 2, "mend it or delete it"),
    ("switched off", "libs/base/money.cc", "#if 0\n#endif\n", 3, "switched off"),
    ("left for later", "libs/base/money.cc", "// TO" + "DO: more\n", 3, "finish it"),
    ("left in a proto", "proto/realise/v1/event.proto", "// FIX" + "ME\n", 2, "finish it"),
    ("banner", "libs/base/money.cc", "// ---------- Helpers\n", 3, "a banner"),
    ("catch all", "libs/ledger/writer.cc", "void F() try {} catch (...) {}\n", 2, "catch (...)"),
    ("throw", "libs/ledger/writer.cc", "void F() { throw 1; }\n", 2, "no exception crosses"),
    ("double", "libs/base/money.cc", "double x = 1;\n", 3, "floating point"),
    ("grpc", "libs/ledger/writer.cc", "grpc::Status F();\n", 2, "libs/rpc converts it"),
    ("using", "libs/base/money.h", "using namespace std;\n", 3, "name what is used"),
    ("detach", "libs/ledger/writer.cc", "void F() { thread.detach(); }\n", 2, "join it"),
    ("long file", "libs/base/money.cc", "int x;\n" * 499, 501, "has 501 lines; at most 500"),
    ("long function", "libs/base/money.cc", "int F() {\n" + BODY * 69 + "}\n", 3, "a function of 71 lines"),
    ("long method", "libs/base/money.cc", "class A {\n  int F() const {\n" + BODY * 69 + "  }\n};\n", 4, "a function of 71 lines"),
    ("long test", "libs/base/money_test.cc", "TEST(A, B) {\n" + BODY * 69 + "}\n", 2, "a function of 71 lines"),
    ("glob", "libs/base/CMakeLists.txt", "file(GLOB SOURCES *.cc)\n", 1, "by GLOB"),
    ("twice", "libs/base/CMakeLists.txt", "realise_library(NAME other SRCS money.cc)\n", None, "is in 2 CMake targets"),
    ("undeclared", "libs/ledger/writer.cc", '#include "libs/event_log/commit.h"\n', None, "does not name realise_event_log"),
]
# (name, new file, its text, part of the message)
CREATED = [
    ("no target", "libs/base/never.cc", "", "is in no CMake target"),
    ("commented out", "libs/domain/never.cc", "", "is in no CMake target"),
    ("proto in no target", "proto/realise/v1/lost.proto", "", "is in no CMake target"),
    ("python test in no target", "tools/a_test.py", "", "is in no CMake target"),
    ("dead header", "libs/base/never.h", "#pragma once\n", "is included by nothing"),
    ("util", "libs/base/string_util.md", "", "'string_util.md' says nothing"),
    ("common", "libs/common/a.md", "", "'common' says nothing"),
    ("manager", "tools/manager.sh", "", "'manager.sh' says nothing"),
    ("top", "scripts/a.md", "", "does not belong at the top"),
    ("long python function", "tools/a.py", "def f(x):\n" + "    x += 1\n" * 70, "a function of 71 lines"),
    ("long shell function", "tools/a", "#!/usr/bin/env bash\nf() {\n" + "  true\n" * 69 + "}\n", "a function of 71 lines"),
    ("test script that sleeps", "tests/a.sh", "true; slee" + "p 5\n", "a test that sleeps"),
]
# What looks like a violation and is none.
ALLOWED = [
    ("libs/ledger/writer.cc", "// Shared with the reader thread, which may outlive this.\nstd::shared_ptr<int> a;\n"),
    ("libs/ledger/writer.cc", "std::unique_ptr<A> a(new A(1));\nA(const A&) = delete;\n"),
    ("libs/ledger/writer.cc", "/* throw, new Thing */ const int kNewest = 1;\nauto text = R\"(double new Thing)\";\n"),
    ("libs/base/money.cc", "int F() {\n" + BODY * 68 + "}\n"),
    ("libs/base/money.cc", "constexpr int kTable[] = {\n" + "  1,\n" * 80 + "};\n"),
    ("libs/base/money.cc", "namespace a {\nclass B {\n" + "  int f_;\n" * 80 + "};\n}\n"),
]


class TidyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        subprocess.run(["git", "init", "-q", cls.folder.name], check=True)
        for path, text in CLEAN.items():
            cls.write(path, text)

    @classmethod
    def write(cls, path, text):
        (cls.root / path).parent.mkdir(parents=True, exist_ok=True)
        (cls.root / path).write_text(text)

    def check(self, changes):
        """What tidy says of the clean tree with these files changed; the tree is clean again afterwards."""
        for path, text in changes.items():
            self.write(path, text)
        found = tidy.check(self.root)
        for path in changes:
            if path in CLEAN:
                self.write(path, CLEAN[path])
            else:
                (self.root / path).unlink()
        return found

    def test_clean_tree(self):
        self.assertEqual(self.check({}), [])

    def test_what_looks_like_a_violation(self):
        for path, text in ALLOWED:
            with self.subTest(text=text[:60]):
                self.assertEqual(self.check({path: CLEAN[path] + text}), [])

    def test_lines_added(self):
        for name, path, text, line, message in ADDED:
            with self.subTest(name):
                found = [text for text in self.check({path: CLEAN[path] + text}) if message in text]
                self.assertEqual(len(found), 1, found)
                if line is not None:
                    self.assertTrue(found[0].startswith(f"{path}:{line}: "), found[0])

    def test_files_created(self):
        for name, path, text, message in CREATED:
            with self.subTest(name):
                found = self.check({path: text})
                self.assertEqual(len(found), 1, found)
                self.assertIn(message, found[0])

    def test_folder_without_readme(self):
        found = self.check({"services/realise/CMakeLists.txt": "add_executable(realise main.cc)", "services/realise/main.cc": ""})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("services/realise:1: has no README.md"), found[0])

    def test_two_types_of_one_name(self):
        money, claim = "libs/base/money.h", "libs/domain/claim.h"
        planted = {money: CLEAN[money] + "struct Row {\n};\n", claim: CLEAN[claim] + "class Row final {\n};\n"}
        found = self.check(planted)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{claim}:3: 'Row' is a type of {money} too"), found[0])
        planted[claim] = CLEAN[claim] + "struct Row;\nclass Row::Part {\n};\n"
        self.assertEqual(self.check(planted), [])

    def test_ignored_files_are_left_alone(self):
        self.assertEqual(self.check({".gitignore": "/.build/\n", ".build/a.cc": "double x;"}), [])


if __name__ == "__main__":
    unittest.main()
