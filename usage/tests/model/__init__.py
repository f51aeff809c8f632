"""The money rules once more, in plain Python, to hold the product against.

Nothing here imports the product or Django: what two programs that share no line agree on is hardly a shared mistake.
It is written to be read beside the rules and keeps whole copies of the past instead of being clever about it.

`prices`   what a line costs, and which version and row say so
`purse`    one wallet: grants, draw order, overage, the ledger
`facts`    accounts, debits, answers and refusals
`world`    grants, voids, transfers and sweeps, with terms, policies and idempotency keys
`charging` debits and quotes
`ladders`, `judging`  policies with steps: who is ruled by which, what is refused, told and taken from buckets
`stock`    what shares spent and graces go by
`keeping`, `holding`  holds
`seats`, `seating`  base seats, checkouts and their intervals
`undoing`  reversals
`windows`  the calendar in which allowances and budgets count
`allowances`, `budgets`, `access`  what is included, what may be spent, what may be used

`entitled` what an account may use, and why

`histories`, `deeds`, `boiling`  random histories, and the shortest of those that fail
`ruled_histories`, `rules`  the same of accounts with many rules of their own
`held_histories`  the same with holds
`climbing_histories`, `ladder_deeds`  the same under policies with steps, close to where these change something
`seated_histories`, `seat_deeds`  the same of offices whose seats are taken, kept, lost and given back
`playing`, `calls`, `comparing`  one history on the model and on the product at once, compared after each step
`product`, `catalogue`, `reading`  the product as it is played on
`playing_rules`, `product_rules`  the parts of both that rules concern
`playing_holds`, `product_holds`  and those that holds concern
`playing_ladders`, `product_ladders`  and those that policies concern
`playing_seats`, `product_seats`  and those that seats concern
"""
