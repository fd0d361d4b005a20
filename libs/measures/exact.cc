#include "libs/measures/exact.h"

namespace realise {

std::string Display(const Rational& value, int decimals) {
  const Whole numerator = boost::multiprecision::numerator(value);
  const Whole denominator = boost::multiprecision::denominator(value);
  const bool negative = numerator < 0;
  const Whole scaled =
      boost::multiprecision::abs(numerator) * boost::multiprecision::pow(Whole(10), decimals);
  const Whole rounded = (2 * scaled + denominator) / (2 * denominator);
  std::string digits = rounded.str();
  const size_t places = static_cast<size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  const size_t whole_digits = digits.size() - places;
  std::string text = negative && rounded != 0 ? "-" : "";
  for (size_t i = 0; i < whole_digits; ++i) {
    if (i > 0 && (whole_digits - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  if (places > 0) text.append(1, '.').append(digits, whole_digits, places);
  return text;
}

std::string NumeratorText(const Rational& value) { return boost::multiprecision::numerator(value).str(); }

std::string DenominatorText(const Rational& value) { return boost::multiprecision::denominator(value).str(); }

}  // namespace realise
