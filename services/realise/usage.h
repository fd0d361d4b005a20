// Wrong usage: what was wrong with the words of a command, and what would be right.
#pragma once

#include <string_view>

#include "CLI/CLI.hpp"

namespace realise {

// Says it on stderr, or prints the help that was asked for; returns the exit status.  Names commands and
// options, and never repeats a value.
int ExplainUsage(const CLI::App& app, const CLI::ParseError& error);

// For what shows only when options are seen together.  `message` begins with the option.
int WrongUsage(std::string_view message);

}  // namespace realise
