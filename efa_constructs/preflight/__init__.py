"""What would stop a deployment, or make its fabric slow without a word, before anything is made.

``plan`` says what is to be deployed, ``account`` asks AWS about it, and ``judge`` makes a row of each answer.
"""
