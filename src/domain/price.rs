//! What a message costs, exactly: whole millionths of a currency's unit, never a binary fraction.

use serde::{Deserialize, Serialize};

/// Millionths in one unit of a currency.
const UNIT: u64 = 1_000_000;
/// Digits after the point that a price may have.
const PLACES: usize = 6;

/// A price: an amount of one currency. Written as a decimal and a code of ISO 4217, e.g. `0.0075 USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price {
    /// Millionths of the currency's unit.
    pub micros: u64,
    /// The currency.
    pub currency: Currency,
}

/// A currency by its code of ISO 4217: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a price is a decimal with at most six places and a currency, like \"0.0075 USD\"")]
pub struct NotAPrice;

impl Price {
    /// Both together; `None` if they are of different currencies, or more than can be counted.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let micros = self.micros.checked_add(other.micros)?;
        (self.currency == other.currency).then_some(Self { micros, ..self })
    }

    /// The price of that many; `None` if it is more than can be counted.
    #[must_use]
    pub fn times(self, count: u64) -> Option<Self> {
        Some(Self { micros: self.micros.checked_mul(count)?, ..self })
    }
}

impl std::str::FromStr for Price {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, code) = text.trim().split_once(' ').ok_or(NotAPrice)?;
        let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > PLACES {
            return Err(NotAPrice);
        }
        let part = format!("{part:0<PLACES$}").parse::<u64>().map_err(|_| NotAPrice)?;
        let whole = whole.parse::<u64>().ok().and_then(|w| w.checked_mul(UNIT)).ok_or(NotAPrice)?;
        let code: [u8; 3] = code.trim().as_bytes().try_into().map_err(|_| NotAPrice)?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(NotAPrice);
        }
        Ok(Self { micros: whole.checked_add(part).ok_or(NotAPrice)?, currency: Currency(code) })
    }
}

impl std::fmt::Display for Price {
    /// With as many places as it needs, and at least two.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = format!("{:0>PLACES$}", self.micros % UNIT);
        let places = part.trim_end_matches('0').len().max(2);
        write!(f, "{}.{} {}", self.micros / UNIT, &part[..places], self.currency.as_str())
    }
}

impl TryFrom<String> for Price {
    type Error = NotAPrice;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Price> for String {
    fn from(price: Price) -> Self {
        price.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact_and_reads_back() {
        for (text, micros, shown) in [
            ("0.0075 USD", 7_500, "0.0075 USD"),
            ("1 EUR", 1_000_000, "1.00 EUR"),
            ("12.5 CHF", 12_500_000, "12.50 CHF"),
            ("0.000001 USD", 1, "0.000001 USD"),
        ] {
            let price: Price = text.parse().unwrap();
            assert_eq!((price.micros, price.to_string().as_str()), (micros, shown));
            assert_eq!(price.to_string().parse(), Ok(price));
        }
        let price: Price = "0.1 USD".parse().unwrap();
        assert_eq!(price.times(3).unwrap().to_string(), "0.30 USD");
        assert_eq!(price.times(u64::MAX), None);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in
            ["", "1", "1 usd", "1 US", "-1 USD", "1. USD", ".5 USD", "1.2345678 USD", "1e3 USD", "99999999999999 USD"]
        {
            assert_eq!(text.parse::<Price>(), Err(NotAPrice), "{text}");
        }
    }
}
