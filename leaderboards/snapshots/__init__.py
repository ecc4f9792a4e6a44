"""Keep computed boards, serve them at once and have workers renew them; may import boards."""
