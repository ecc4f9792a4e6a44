"""What a judge's answer says, and several together; fails closed; imports no other room."""
