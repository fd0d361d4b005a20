// Exact ratios, and the one place where they are rounded.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <string>

namespace realise {

// A whole number of any size, and a ratio of two of them, always in lowest terms with a denominator above 0.
// Without expression templates: what an expression gives is a value, with nothing of it left behind.
using Whole =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;
using Rational =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;

// Rounded to `decimals` places, half away from zero, with thousands separators: 322431/10 to 1 is "32,243.1".
// What rounds to nothing has no sign.   REQUIRES: decimals between 0 and 18.
[[nodiscard]] std::string Display(const Rational& value, int decimals);

// Decimal digits, with a minus sign if negative.
[[nodiscard]] std::string NumeratorText(const Rational& value);
[[nodiscard]] std::string DenominatorText(const Rational& value);

}  // namespace realise
