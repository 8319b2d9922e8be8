//! Keys made by the `openssl` command from the keys of [`testing`](super::super::testing), one of each scheme: other
//! people's code agrees about every byte.

use super::Scheme;

/// What all of them say.
pub(super) const DATASET: &[u8] = br#"{"tier":"pro","seats":10}"#;

/// The keys. Those of ECDSA and PSS are made with random numbers, and come out different each time.
#[rustfmt::skip]
pub(super) const KEYS: [(Scheme, &str); 8] = [
    (Scheme::Ed25519Sign, "key/eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.tIzhwhu_6k66dPIjIPUxOyKPrV9DPqOIti07s5J5eQERvEzZMweTKy4\
     OFXCkHUnaqDT2Iimvqp79pfFUultLAA=="),
    (Scheme::EcdsaSign, "key/eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.MEUCIFgU5cge2ru5hbUUmfHJfN-zAy2OjCKnIj6F05wwDKEiAiEAhD6\
     5MCZTmUgAXjVSR4XxIav-3ODi-I12vDFNWHNfR_c="),
    (Scheme::RsaSignV2, "key/eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.Viu_djwErzZQN0DuVma_psw9tN_Cmp2VhoZqDoLPvkYXwrbfTDey5A4\
     0mpqILJFxAz1hiI3EEu3C0LZB7NWFBSiYbiYKDZpuXcXqL03uzQ3LfYWkZc0cIW3Wyt0CHigulWPchWHYQy_KMNZJYiF-t9k\
     yFjzr66jNCvSemz5YhP90DSx-GKuXGCcv0WzywMBNrPva0V0cuXdyq3pp2MvVCHlCJL38nsvgin2oybWIaa057nzAYL8w_bV\
     NFFXNkhwW-_Yp7ut5g5FpxZaFaeBDgwHcB0OH5Kkh1Fc9yW0EdYUaiNGQdTsBsrdaI7mARtBsD5B5trf9qfossDu4SEqxlg=\
     ="),
    (Scheme::RsaPssSignV2, "key/eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.Y_qrenp6nQnTsHSA0Ut_bbv1W3mQClxHXBV4u-N_Pvn19xWLHE1sJVW\
     pQE8iQkOrSkjK1sxUl5TYRWr9sHNQKj8n9Vr6gTLea16AuvoFqZVknBq3BHHXX5JpbSyA6BJ2GhTPQFlAUnGcsOtMNjqtPp3\
     EkJnUp0qHN2he6yU5ZGHKt_9JSEV4PHMyev0aG7z3FSMw0Yyyj46SgRKnetH7CVBsB4WnPTEUsllj3iS7P18QVyfXz_H9Ym6\
     hHVzHHnhxOlVfxceoeTkbqWH-13rNjWs60_2ChEEkJR-Puzi2a1vNaW92Xgb18biAI7Imy8A3nj9_SzR-G065_wJEZQjaXQ=\
     ="),
    (Scheme::RsaSign, "eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.Z22nMq_5ZxhwxRI2IVkmSpPz9mzEWJk3U9xk-QcQ59oc7GZ8pHyX2GTLPnh\
     X01M3yjG9CtImYowVH7W2bNLtUAY8PdNeeFKFPc3GAUrgBF7tTaoaUImV6nimINH3JGfa_evaHCYKIRGbF8Ddw-JDFK-8vGg\
     BmjalFJc2DulNW5K2GdangsinuuizaqKzR2G2KLmXhiU1efbCGflIYreb7q2p8kxtQlsQ7oh6wl0PMmgWoFZ5orf24D882js\
     ObYvXLE26ZSNtmUBZ0BuMl1hFKBsTq4bn-yq89bYMCGNV6gMWqUmMUprwfrWlDFayEewa2Td_hc3V9cC39L4e84Vyiw=="),
    (Scheme::RsaPssSign, "eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ==.CDrz0ha6VABPlYznRNO9QSzYeBTmsp_IrS8n1mgZkQP7E9oprSgJXkZXLXQ\
     4Cvm68zbGnq2eiERk94S6MvHBUHtD_YECbW9BRMre0F48lejAZnx09HHkxAQsgrrPc5OD-wAx6UTIZtoeoiso4LgdEsvZ-Vu\
     nlHkLAwe-8HXMOo2Gb0kTVgPqZlTe0nxt8EJorEPdCUimbIi_CMB4GzA3EvkVdXFq6vjcvvuk6qoXrp2A1dIrOreytF2DoOr\
     l8o6z3GRcFALx1TJXcKpF7cVcpGVv98DXSsfttJmQ8_3yH2vxBaH2VAU37lPKipjUcDcn9k-UrubHRBCdLHxzzgekQw=="),
    (Scheme::RsaEncrypt, "f1jqAFfGXKux1sA6A6WkCof1KTKzBJG18i4vmbrfU1mBUUB7djq8zz2ws9-AoD_magyA7QBKXGEdAT_DxsqAV9A_8bECfoST\
     HYXbgyc2-3rbIFqK0s4w0kyVCVLeIvY3wFrBTRvSRJCZOce142CL5QjnPWkYBgVB474d5TGhPgKwLR3itJ1PjnmyU-28f9fM\
     7I81BuVExeEqd-WRkNitaTaP1L7aSca0WwkPF2VH3eLF8n6qkmlT0GykEaDhUp3AwqcYmMRFD6Ur1IV2Xg9xylDMT02ySdZ9\
     G5kNkoZj1fYxwj5cHMRZf-D1883zGsHzp27LJSY1D6PL4qDBLwHjJg=="),
    (Scheme::RsaJwt, "eyJhbGciOiJSUzI1NiJ9.eyJ0aWVyIjoicHJvIiwic2VhdHMiOjEwfQ.RCctI8P9sp68sOFjHCkcF3VES5KfSomCmH6j4YqV\
     SVZ1reK-3pHXBSbHMkiu2hIuNE9gC-3wG-AUNcOKrdnUCiwnQaum82-OqgYgA7y9Z9To8wc3XzqPUGuXANX8TLqavVPD3tJU\
     wqKbtDH9e-thuj3Z-ymSc8A4R4qf94xnDBYsz9r6qrWMKDWQMy6TW4Z-Vl1356PpiJRW5dznzBA4SUshSUWiw2QSpkODKlBt\
     3-rN_hmJn9qKFJ61ks5fSZ8SYMOrIMBTqI2VKTm9Oeic2Ey42qAF7KjA7r9-7UfyLfx4gB-M93HE4ujUcbExLY6oBwbt1OD3\
     IsyIqN9ex6rM_A"),
];
