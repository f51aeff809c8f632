"""The pages of those who buy: behind a link or a sign-in of their own, never a user of the admin."""
